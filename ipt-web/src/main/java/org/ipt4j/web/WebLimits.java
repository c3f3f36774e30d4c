package org.ipt4j.web;

import java.time.Duration;
import java.util.Locale;

/**
 * What a {@link WebServer} takes at most.
 *
 * @param bytes of an uploaded file
 * @param pixels of a degraded image, height times width
 * @param restoredPixels of a restored one
 * @param waiting images that may wait while one is being restored
 * @param transfer how long an upload or a download may take; and how long a restored image is kept
 *     for the one who asked for it
 */
public record WebLimits(
    long bytes, long pixels, long restoredPixels, int waiting, Duration transfer) {
  /** 64 MiB, 50 and 250 megapixels, 16 images, a minute. */
  public static final WebLimits DEFAULT =
      new WebLimits(64L << 20, 50_000_000, 250_000_000, 16, Duration.ofMinutes(1));

  /** Checks that there is room for one image. */
  public WebLimits {
    if (Math.min(bytes, Math.min(pixels, restoredPixels)) < 1
        || waiting < 0
        || transfer.isNegative()
        || transfer.isZero()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected at least 1 byte, pixel, restored pixel and some time, got %d, %d, %d (%d"
                  + " waiting) and %s",
              bytes,
              pixels,
              restoredPixels,
              waiting,
              transfer));
    }
  }
}
