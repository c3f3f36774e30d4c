package org.ipt4j.data.image;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Rows of an image whose hidden pixels (of opacity 0) take the colours of the nearest visible ones
 * by Euclidean distance, so that what a network sees around a cut-out does not depend on colours
 * that nobody sees. For each row the nearest visible pixel of every column, above or below, is
 * known; the nearest of all then lies on a lower envelope of parabolas (P. Felzenszwalb and D.
 * Huttenlocher, 2012; A. Meijster and others, 2000). Takes a bit per pixel and some numbers per
 * column.
 */
final class HiddenPixels implements RowWriter {
  private final Pixels pixels;
  private final BitSet hidden; // [H·W]
  private final int height;
  private final int width;
  private final int[] above; // per column the last visible row up to the present one, or −1
  private final int[] below; // per column the first visible row from the present one on, or H
  private final int[] columns; // of the envelope from left to right,
  private final int[] from; // and from where on each is the nearest

  private HiddenPixels(Pixels pixels, BitSet hidden) {
    this.pixels = pixels;
    this.hidden = hidden;
    height = pixels.height();
    width = pixels.width();
    above = new int[width];
    Arrays.fill(above, -1);
    below = new int[width];
    Arrays.fill(below, -1);
    columns = new int[width];
    from = new int[width];
  }

  /** All rows; unchanged if no pixel is hidden, or all are. */
  static Rows filled(Pixels pixels) {
    BitSet hidden = hidden(pixels);
    boolean some = !hidden.isEmpty() && hidden.nextClearBit(0) < pixels.height() * pixels.width();
    return some
        ? new CountedRows(pixels.height(), pixels.width(), new HiddenPixels(pixels, hidden))
        : pixels.rows();
  }

  private static BitSet hidden(Pixels pixels) {
    BitSet hidden = new BitSet();
    int width = pixels.width();
    float[] row = new float[width];
    for (int y = 0; pixels.hasAlpha() && y < pixels.height(); y++) {
      pixels.alpha(y, row);
      for (int x = 0; x < width; x++) {
        if (row[x] == 0) {
          hidden.set(y * width + x);
        }
      }
    }
    return hidden;
  }

  private boolean isHidden(int y, int x) {
    return hidden.get(y * width + x);
  }

  /** Rows must be asked for in order from the top. */
  @Override
  public void write(int y, float[] target) {
    pixels.colours(y, target);
    for (int x = 0; x < width; x++) {
      if (!isHidden(y, x)) {
        above[x] = y;
      }
    }
    int next = hidden.nextSetBit(y * width);
    if (next >= 0 && next < (y + 1) * width) {
      fill(y, target);
    }
  }

  private void fill(int y, float[] target) {
    int last = envelope(y);
    float[] colour = new float[Image.CHANNELS];
    for (int x = width - 1; x >= 0; x--) {
      int column = columns[last];
      if (isHidden(y, x)) {
        pixels.colours(nearestRow(y, column), column, 1, colour);
        for (int c = 0; c < Image.CHANNELS; c++) {
          target[c * width + x] = colour[c];
        }
      }
      if (x == from[last]) {
        last--;
      }
    }
  }

  // yields the index of its last column
  private int envelope(int y) {
    int last = -1;
    for (int x = 0; x < width; x++) {
      findBelow(y, x);
      if (above[x] < 0 && below[x] == height) {
        continue; // nothing visible in this column
      }
      while (last >= 0 && squared(y, columns[last], from[last]) > squared(y, x, from[last])) {
        last--;
      }
      long begin = last < 0 ? 0 : 1 + crossing(y, columns[last], x);
      if (begin < width) {
        last++;
        columns[last] = x;
        from[last] = (int) begin;
      }
    }
    return last;
  }

  private void findBelow(int y, int x) {
    if (below[x] < y) {
      below[x] = y;
      while (below[x] < height && isHidden(below[x], x)) {
        below[x]++;
      }
    }
  }

  private int nearestRow(int y, int column) {
    boolean up =
        above[column] >= 0 && (below[column] == height || y - above[column] <= below[column] - y);
    return up ? above[column] : below[column];
  }

  // the distance, squared, of a row's pixel at x from a column's nearest
  private long squared(int y, int column, int x) {
    long down = nearestRow(y, column) - y;
    long across = x - column;
    return down * down + across * across;
  }

  // the last x at which the left column is as near as the right one
  private long crossing(int y, int left, int right) {
    return (squared(y, right, 0) - squared(y, left, 0)) / (2L * (right - left));
  }
}
