package org.ipt4j.data.image;

/**
 * An image that comes row by row from the top, so that nobody needs to hold it whole: planar RGB on
 * the scale 0..255. To be used once, by one thread.
 */
public interface Rows {
  /** H. */
  int height();

  /** W. */
  int width();

  /**
   * Writes the values [3,W] of the next row, which may lie between the integers or beyond 0..255,
   * to the start of {@code target}.
   *
   * @throws IllegalStateException after the last row
   */
  void next(float[] target);
}
