package org.ipt4j.data.image;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Keeps the most recently used images, up to a limit of bytes. Threads that want an image that is
 * being made wait for it.
 */
final class CachedImages implements ImageSource {
  private final ImageSource source;
  private final long limit;
  private final Map<Integer, Image> kept = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Integer, FutureTask<Image>> coming = new HashMap<>();
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
    FutureTask<Image> own = new FutureTask<>(() -> source.image(index).quantised());
    FutureTask<Image> first;
    synchronized (kept) {
      Image image = kept.get(index);
      if (image != null) {
        return image;
      }
      first = coming.putIfAbsent(index, own);
    }
    if (first != null) {
      return result(first);
    }
    own.run(); // outside the lock: decoding is slow
    try {
      Image image = result(own);
      keep(index, image);
      return image;
    } finally {
      synchronized (kept) {
        coming.remove(index);
      }
    }
  }

  private void keep(int index, Image image) {
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
  }

  private static Image result(FutureTask<Image> task) throws UnreadableImageException {
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for an image", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnreadableImageException unreadable) {
        throw unreadable;
      }
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw (Error) e.getCause(); // a source throws nothing else
    }
  }

  @Override
  public String name(int index) {
    return source.name(index);
  }
}
