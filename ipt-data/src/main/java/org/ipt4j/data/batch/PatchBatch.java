package org.ipt4j.data.batch;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.ipt4j.data.image.Image;

/**
 * Patches to train on, values 0..255.
 *
 * @param count N
 * @param side the side of a degraded patch
 * @param scale s: a clean patch's side is s·side
 * @param degraded [N,3,side,side]
 * @param clean [N,3,s·side,s·side]
 */
public record PatchBatch(int count, int side, int scale, float[] degraded, float[] clean) {
  /** Checks the sizes; takes over the arrays. */
  public PatchBatch {
    Objects.requireNonNull(degraded, "degraded");
    Objects.requireNonNull(clean, "clean");
    if (count < 1 || side < 1 || scale < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "count, side and scale are at least 1, got %d, %d, %d",
              count,
              side,
              scale));
    }
    long values = (long) count * Image.CHANNELS * side * side;
    if (degraded.length != values || clean.length != values * scale * scale) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d patches of side %d and scale %d have %d and %d values, got %d and %d",
              count,
              side,
              scale,
              values,
              values * scale * scale,
              degraded.length,
              clean.length));
    }
  }

  /** Some consecutive patches of a batch: [from, end). */
  public record Part(int from, int end) {
    /** N, the number of patches. */
    public int count() {
      return end - from;
    }
  }

  /**
   * The batch, cut into consecutive parts of sizes as equal as possible.
   *
   * @param parts at least 1, at most {@link #count}
   */
  public List<Part> parts(int parts) {
    if (parts < 1 || parts > count) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "a batch of %d is cut into 1 to %d parts, got %d", count, count, parts));
    }
    return IntStream.range(0, parts)
        .mapToObj(i -> new Part(first(i, parts), first(i + 1, parts)))
        .toList();
  }

  private int first(int part, int parts) {
    return (int) ((long) count * part / parts);
  }
}
