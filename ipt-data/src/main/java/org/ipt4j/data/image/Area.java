package org.ipt4j.data.image;

/** A part of an image: of that height and width, its upper left pixel at (top, left). */
public record Area(int top, int left, int height, int width) {
  /** The first row below it. */
  public int bottom() {
    return top + height;
  }

  /** The first column to its right. */
  public int right() {
    return left + width;
  }

  /** The smallest area that holds both. */
  public Area with(Area other) {
    int y = Math.min(top, other.top);
    int x = Math.min(left, other.left);
    return new Area(
        y, x, Math.max(bottom(), other.bottom()) - y, Math.max(right(), other.right()) - x);
  }
}
