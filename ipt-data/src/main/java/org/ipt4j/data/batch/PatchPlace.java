package org.ipt4j.data.batch;

import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Window;

/** Where a patch begins in a flipped and rotated image, in pixels of the degraded one. */
record PatchPlace(int top, int left) {
  /**
   * Draws a place, for some patches the more detailed of two.
   *
   * @param rows that a patch may begin at, from 0
   * @param columns that it may begin at
   */
  static PatchPlace draw(
      int rows,
      int columns,
      PatchOptions options,
      ToDoubleFunction<PatchPlace> detail,
      RandomGenerator random) {
    PatchPlace one = uniform(rows, columns, random);
    if (options.detail() == 0 || random.nextDouble() >= options.detail()) {
      return one;
    }
    PatchPlace other = uniform(rows, columns, random);
    return detail.applyAsDouble(other) > detail.applyAsDouble(one) ? other : one;
  }

  private static PatchPlace uniform(int rows, int columns, RandomGenerator random) {
    return new PatchPlace(random.nextInt(rows), random.nextInt(columns));
  }

  /**
   * The clean patch.
   *
   * @param side of the degraded patch
   */
  Window clean(Image image, boolean mirrored, int turn, int side, int scale) {
    return new Window(image, mirrored, turn, top * scale, left * scale, side * scale, side * scale);
  }
}
