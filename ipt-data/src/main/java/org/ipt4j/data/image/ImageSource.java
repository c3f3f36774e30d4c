package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.file.Path;

/** Clean images by number: the same image every time, for any number of threads at once. */
public interface ImageSource {
  /** How many images there are. */
  int size();

  /** The image with that number, from 0. */
  Image image(int index) throws UnreadableImageException;

  /** The name of an image in messages and reports. */
  default String name(int index) {
    return "image " + index;
  }

  /** The images with these numbers, in this order. */
  default ImageSource only(int... numbers) {
    return new SomeImages(this, numbers);
  }

  /** As {@link #open(Path, Limits)} with {@link Limits#DEFAULT}. */
  static ImageSource open(Path path) throws IOException {
    return open(path, Limits.DEFAULT);
  }

  /**
   * The images, by the extensions of their names (png, jpg, jpeg, bmp, tif, tiff, webp, gif), of
   *
   * <ul>
   *   <li>a folder and all folders within it, in the order of their paths, followed by the archives
   *       in it;
   *   <li>a {@code .tar} file, in its order, or a {@code .zip} file, in the order of names; both
   *       are read in place;
   *   <li>a list {@code .txt}: a path on each line, relative to the list's folder, optionally
   *       followed by a size as BasicSR writes it, {@code a.png (480,480,3)}; lines that begin with
   *       # are comments. It is in UTF-8 or UTF-16, or else in the encoding in which its files are
   *       found.
   * </ul>
   *
   * Images are decoded when asked for; the most recently used are kept.
   *
   * @throws IllegalArgumentException if it is none of these or has no image
   */
  static ImageSource open(Path path, Limits limits) throws IOException {
    return cached(new StoredImages(Listing.of(path), limits), limits.cachedBytes());
  }

  /**
   * As {@code source}, but keeps the most recently used images, with 8 bits, up to {@code bytes}
   * bytes of pixels.
   */
  static ImageSource cached(ImageSource source, long bytes) {
    return new CachedImages(source, bytes);
  }
}
