package org.ipt4j.data.batch;

import java.util.Locale;

/**
 * How patches are cut.
 *
 * @param count N, the number of patches in a batch
 * @param side the side of a degraded patch; a clean patch's is scale times that
 * @param turned whether each patch is flipped and rotated at random, in one of eight ways
 * @param detail the share of patches for which two places in the image are drawn, of which the more
 *     detailed one is taken: 0..1; 0 draws all places uniformly
 * @param seed of everything random
 */
public record PatchOptions(int count, int side, boolean turned, double detail, long seed) {
  /** Checks the sizes and the share. */
  public PatchOptions {
    if (count < 1 || side < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "count and side of patches are at least 1, got %d and %d", count, side));
    }
    if (!(detail >= 0 && detail <= 1)) {
      throw new IllegalArgumentException(
          "the share of patches that are the more detailed of two is in 0..1, got " + detail);
    }
  }

  /** Patches that are flipped and rotated at random, from places that are drawn uniformly. */
  public PatchOptions(int count, int side, long seed) {
    this(count, side, true, 0, seed);
  }

  /** The same without flips and rotations. */
  public PatchOptions upright() {
    return new PatchOptions(count, side, false, detail, seed);
  }

  /** The same with another share of patches that are the more detailed of two. */
  public PatchOptions withDetail(double share) {
    return new PatchOptions(count, side, turned, share, seed);
  }

  /** The same with another seed. */
  public PatchOptions withSeed(long other) {
    return new PatchOptions(count, side, turned, detail, other);
  }
}
