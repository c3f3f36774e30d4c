package org.ipt4j.data.image;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Keeps the most recently used images, up to a limit of bytes. */
final class CachedImages implements ImageSource {
  private final ImageSource source;
  private final long limit;
  private final Map<Integer, Image> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  CachedImages(ImageSource source, long limit) {
    this.source = source;
    this.limit = limit;
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    synchronized (kept) {
      Image image = kept.get(index);
      if (image != null) {
        return image;
      }
    }
    // outside the lock: decoding is slow, and two threads seldom want the same image
    Image image = source.image(index).quantised();
    synchronized (kept) {
      if (image.memory() <= limit && kept.putIfAbsent(index, image) == null) {
        bytes += image.memory();
        Iterator<Image> oldest = kept.values().iterator();
        while (bytes > limit) {
          bytes -= oldest.next().memory();
          oldest.remove();
        }
      }
    }
    return image;
  }

  @Override
  public String name(int index) {
    return source.name(index);
  }
}
