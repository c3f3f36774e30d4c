package org.ipt4j.data.image;

import java.util.Locale;

/**
 * Limits on reading images.
 *
 * @param pixels of one image, height times width; a file that declares more is refused before
 *     memory is taken
 * @param cachedBytes of decoded images that are kept, three per pixel
 */
public record Limits(long pixels, long cachedBytes) {
  /** 500 megapixels, and a quarter of the virtual machine's maximum memory. */
  public static final Limits DEFAULT =
      new Limits(500_000_000, Runtime.getRuntime().maxMemory() / 4);

  /** Checks that both are possible. */
  public Limits {
    if (pixels < 1 || pixels > Integer.MAX_VALUE / Image.CHANNELS || cachedBytes < 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a limit of pixels is 1..%d and of cached bytes at least 0, got %d and %d",
              Integer.MAX_VALUE / Image.CHANNELS,
              pixels,
              cachedBytes));
    }
  }
}
