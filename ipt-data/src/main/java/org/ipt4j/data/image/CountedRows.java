package org.ipt4j.data.image;

/** The rows of an image whose rows can be read in any order. */
final class CountedRows implements Rows {
  private final int height;
  private final int width;
  private final RowWriter colours; // [3,W]
  private int next;

  CountedRows(int height, int width, RowWriter colours) {
    this.height = height;
    this.width = width;
    this.colours = colours;
  }

  @Override
  public int height() {
    return height;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public void next(float[] target) {
    if (next == height) {
      throw new IllegalStateException("all " + height + " rows were given");
    }
    colours.write(next++, target);
  }
}
