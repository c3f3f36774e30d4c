package org.ipt4j.data.batch;

import java.util.Locale;
import org.ipt4j.data.image.Image;

/**
 * A degraded image and the clean image it was made from.
 *
 * @param degraded [3,h,w]
 * @param clean [3,s·h,s·w]
 */
public record ImagePair(Image degraded, Image clean) {
  /** Checks that height and width have the same scale. */
  public ImagePair {
    int scale = clean.height() / degraded.height();
    if (clean.height() != scale * degraded.height() || clean.width() != scale * degraded.width()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a clean image is a whole number of times larger than its degraded one, got %s and %s",
              clean,
              degraded));
    }
  }
}
