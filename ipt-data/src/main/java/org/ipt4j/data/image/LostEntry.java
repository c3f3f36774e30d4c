package org.ipt4j.data.image;

import javax.imageio.stream.ImageInputStream;

/**
 * A single entry that cannot be read: one of several archives, which cannot be opened, or a line of
 * a list, which is no path.
 */
record LostEntry(String name, String reason) implements StoredImages.Entries {
  @Override
  public int size() {
    return 1;
  }

  @Override
  public String name(int index) {
    return name;
  }

  @Override
  public ImageInputStream open(int index) throws UnreadableImageException {
    throw new UnreadableImageException(name, reason);
  }
}
