package org.ipt4j.data.batch;

import java.util.Locale;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.UnreadableImageException;

/** A source of patches: cut from a clean image and degraded, or cut from a pair. */
interface PatchCutter {
  /** The number of images to cut from. */
  int size();

  int scale();

  /**
   * A patch of the image with that number.
   *
   * @throws UnreadableImageException if it cannot be read or is smaller than a patch; nothing has
   *     then been drawn from the generator
   */
  ImagePair cut(int index, PatchOptions options, RandomGenerator random)
      throws UnreadableImageException;

  static void checkSize(String name, Image image, int side) throws UnreadableImageException {
    if (Math.min(image.height(), image.width()) < side) {
      throw new UnreadableImageException(
          name,
          String.format(
              Locale.ROOT,
              "smaller than a patch, %d×%d (height×width) against %d×%d",
              image.height(),
              image.width(),
              side,
              side));
    }
  }
}
