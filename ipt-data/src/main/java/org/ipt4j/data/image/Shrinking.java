package org.ipt4j.data.image;

import java.util.Arrays;

/**
 * {@link Bicubic#shrink} by one scale in single precision, to the bit. For odd scales s and powers
 * of two the weights are whole numbers over D = s⁴ or 16·s⁴. While sums of whole numbers stay below
 * 2²⁴ they are exact in floats, in any order; and no rounded sum hangs on an error: with a power of
 * two for D sums in double precision are exact too, with an odd D none lies halfway between two
 * integers.
 */
final class Shrinking {
  private static final float EXACT = 1 << 24;

  /** Adding and subtracting it rounds a number of 0..255 to an integer. */
  private static final float ROUNDING = 1 << 23;

  private final int scale;
  private final int first; // input of output 0
  private final float[] weights; // times D; symmetric, of which the first half
  private final int taps;
  private final int unit; // D

  private Shrinking(int scale, int first, double[] weights, int unit) {
    this.scale = scale;
    this.first = first;
    this.taps = weights.length;
    this.unit = unit;
    this.weights = new float[(taps + 1) / 2];
    for (int i = 0; i < this.weights.length; i++) {
      this.weights[i] = Math.round(weights[i] * unit);
    }
    if (taps % 2 == 1) {
      this.weights[taps / 2] /= 2; // it is added to itself
    }
  }

  /** By that scale, with its weights; null if sums would not be exact. */
  static Shrinking of(int scale, int first, double[] weights) {
    boolean odd = scale % 2 == 1;
    long unit = (odd ? 1L : 16L) * scale * scale * scale * scale;
    double sum = 0;
    for (double weight : weights) {
      sum += Math.abs(weight);
    }
    boolean exact = (odd || Integer.bitCount(scale) == 1) && 255 * unit * sum + unit < EXACT;
    return exact ? new Shrinking(scale, first, weights, (int) unit) : null;
  }

  /** An area of the shrunk image. */
  Image shrunk(Window image, Area wanted) {
    Area read = Bicubic.reads(scale, wanted, image.height(), image.width());
    Image part = image.crop(read);
    int[] rows = inputs(wanted.top(), wanted.height(), read.top(), image.height());
    int[] columns = inputs(wanted.left(), wanted.width(), read.left(), image.width());
    float[][] plane = new float[read.height()][read.width()];
    float[][] between = new float[read.width()][wanted.height()];
    float[][] out = new float[wanted.height()][wanted.width()];
    float[] line = new float[Math.max(read.width(), wanted.height())];
    byte[] pixels = new byte[Image.CHANNELS * wanted.height() * wanted.width()];
    int to = 0;
    for (int c = 0; c < Image.CHANNELS; c++) {
      part.copyPlane(c, plane);
      shrink(plane, rows, between, line);
      shrink(between, columns, out, line);
      for (float[] row : out) {
        for (float value : row) {
          pixels[to++] = (byte) (int) value;
        }
      }
    }
    return Image.ofBytes(wanted.height(), wanted.width(), pixels);
  }

  // of each of an area's rows (or columns), the rows it is made of, in the part that is read
  private int[] inputs(int from, int count, int read, int length) {
    int[] inputs = new int[count * taps];
    for (int i = 0; i < inputs.length; i++) {
      int input = (from + i / taps) * scale + first + i % taps;
      inputs[i] = Bicubic.mirrored(input, length) - read;
    }
    return inputs;
  }

  /**
   * [n,width] → [width,rows], transposed, rounded and clipped. Java makes vectors of loops over
   * arrays that begin where the loop begins: hence an array for each row.
   *
   * @param rows of each output row, its inputs
   * @param sum scratch, at least {@code width}
   */
  private void shrink(float[][] in, int[] rows, float[][] out, float[] sum) {
    int width = out.length;
    for (int y = 0; y * taps < rows.length; y++) {
      Arrays.fill(sum, 0, width, 0);
      for (int i = 0; i < weights.length; i += 2) {
        int low = y * taps + i;
        int high = y * taps + taps - 1 - i;
        boolean last = i + 1 == weights.length;
        add(
            in[rows[low]],
            in[rows[high]],
            weights[i],
            in[rows[last ? low : low + 1]],
            in[rows[last ? high : high - 1]],
            last ? 0 : weights[i + 1],
            sum,
            width);
      }
      round(sum, width);
      for (int x = 0; x < width; x++) {
        out[x][y] = sum[x];
      }
    }
  }

  private static void add(
      float[] a,
      float[] b,
      float weight,
      float[] c,
      float[] d,
      float other,
      float[] sum,
      int width) {
    for (int x = 0; x < width; x++) {
      sum[x] += weight * (a[x] + b[x]) + other * (c[x] + d[x]);
    }
  }

  // half up: with an even D half a unit more keeps sums off the middle, whose rounding is to even
  private void round(float[] sum, int width) {
    float bias = unit % 2 == 0 ? 0.5f : 0;
    float highest = 255f * unit;
    float part = 1f / unit;
    for (int x = 0; x < width; x++) {
      float clipped = Math.max(0f, Math.min(highest, sum[x]));
      sum[x] = (clipped + bias) * part + ROUNDING - ROUNDING;
    }
  }
}
