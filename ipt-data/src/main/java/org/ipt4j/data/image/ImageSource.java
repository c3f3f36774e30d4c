package org.ipt4j.data.image;

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

  /** The images of these numbers alone, in this order. */
  default ImageSource only(int... numbers) {
    return new SomeImages(this, numbers);
  }

  /** As {@link #open(Path, Limits)} with {@link Limits#DEFAULT}. */
  static ImageSource open(Path path) throws IOException {
    return open(path, Limits.DEFAULT);
  }

  /**
   * The images, by their names' endings (png, jpg, jpeg, bmp, tif, tiff, webp, gif), of
   *
   * <ul>
   *   <li>a folder and all folders within it, in the order of their paths, and then of the archives
   *       in it;
   *   <li>a {@code .tar} file, in its order, or a {@code .zip} file, in the order of names; both
   *       are read in place;
   *   <li>a list {@code .txt}: a path on each line, relative to the list's folder, perhaps with a
   *       size behind it as BasicSR writes, {@code a.png (480,480,3)}; lines that begin with # are
   *       comments. It is UTF-8 or UTF-16; otherwise the encoding by which its files are found.
   * </ul>
   *
   * Images are decoded when asked for; those last used are kept.
   *
   * @throws IllegalArgumentException if it is none of these or has no image
   */
  static ImageSource open(Path path, Limits limits) throws IOException {
    return cached(new StoredImages(Listing.of(path), limits), limits.cachedBytes());
  }

  /** As {@code source}, keeping the images last used, as 8 bit, up to so many bytes of pixels. */
  static ImageSource cached(ImageSource source, long bytes) {
    return new CachedImages(source, bytes);
  }
}
