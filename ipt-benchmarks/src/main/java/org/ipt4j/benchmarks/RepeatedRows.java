package org.ipt4j.benchmarks;

import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Rows;

/** An image enlarged by repeating its pixels: rows that cost next to nothing. */
final class RepeatedRows implements Rows {
  private final Rows rows;
  private final int scale;
  private final float[] row;
  private int given;

  RepeatedRows(Rows rows, int scale) {
    this.rows = rows;
    this.scale = scale;
    row = new float[Image.CHANNELS * rows.width()];
  }

  @Override
  public int height() {
    return rows.height() * scale;
  }

  @Override
  public int width() {
    return rows.width() * scale;
  }

  @Override
  public void next(float[] target) {
    if (given++ % scale == 0) {
      rows.next(row);
    }
    for (int i = 0; i < Image.CHANNELS * width(); i++) {
      target[i] = row[i / scale];
    }
  }
}
