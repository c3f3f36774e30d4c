package org.ipt4j.data;

import java.io.IOException;
import java.nio.file.Path;

/** Clean images by number; the same image every time, for any number of threads at once. */
public interface ImageSource {
  /** How many images there are. */
  int size();

  /** The image of that number, from 0 on. */
  Image image(int index) throws UnreadableImageException;

  /** What to call an image in messages and reports. */
  default String name(int index) {
    return "image " + index;
  }

  /**
   * All images (.png, .jpg, .jpeg, .bmp, .gif) of a folder and of those within it, in the order of
   * their paths. Images are decoded when asked for, and kept as long as they fit into a quarter of
   * the virtual machine's memory.
   *
   * @throws IllegalArgumentException if it is no folder or there is no image in it
   */
  static ImageSource open(Path folder) throws IOException {
    return cached(new ImageFolder(folder), Runtime.getRuntime().maxMemory() / 4);
  }

  /** As {@code source}, keeping the images last used, as 8 bit, up to so many bytes of pixels. */
  static ImageSource cached(ImageSource source, long bytes) {
    return new CachedImages(source, bytes);
  }
}
