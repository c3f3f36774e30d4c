package org.ipt4j.data.batch;

import java.util.Locale;

/**
 * How patches are cut.
 *
 * @param count N, the number of patches in a batch
 * @param side the side of a degraded patch; a clean patch's is scale times that
 * @param turned whether each patch is flipped and rotated at random, in one of eight ways
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

  /** Patches that are flipped and rotated at random. */
  public PatchOptions(int count, int side, long seed) {
    this(count, side, true, seed);
  }

  /** The same without flips and rotations. */
  public PatchOptions upright() {
    return new PatchOptions(count, side, false, seed);
  }
}
