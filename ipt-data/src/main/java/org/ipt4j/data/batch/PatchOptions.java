package org.ipt4j.data.batch;

import java.util.Locale;

/**
 * How patches are cut.
 *
 * @param count N, patches of a batch
 * @param side of a degraded patch; a clean one's is scale times that
 * @param turned whether each is laid in one of eight ways, mirrored and turned at random
 * @param seed of everything random
 */
public record PatchOptions(int count, int side, boolean turned, long seed) {
  /** Checks the sizes. */
  public PatchOptions {
    if (count < 1 || side < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "count and side of patches are at least 1, got %d and %d", count, side));
    }
  }

  /** Patches that are mirrored and turned at random. */
  public PatchOptions(int count, int side, long seed) {
    this(count, side, true, seed);
  }

  /** The same, each laid as it is in its image. */
  public PatchOptions upright() {
    return new PatchOptions(count, side, false, seed);
  }
}
