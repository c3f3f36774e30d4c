package org.ipt4j.data.image;

import javax.imageio.stream.ImageInputStream;

/** Stands for one of several archives that cannot be opened: a single entry that cannot be read. */
record LostArchive(String archive, String reason) implements StoredImages.Entries {
  @Override
  public int size() {
    return 1;
  }

  @Override
  public String name(int index) {
    return archive;
  }

  @Override
  public ImageInputStream open(int index) throws UnreadableImageException {
    throw new UnreadableImageException(archive, reason);
  }
}
