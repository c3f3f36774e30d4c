package org.ipt4j.data.image;

import java.util.Arrays;
import java.util.Locale;

/**
 * Resizes exactly as MATLAB's {@code imresize} does for 8-bit images, with which the field makes
 * its low-resolution images: the cubic convolution kernel with a = −0.5 (R. Keys, 1981), widened by
 * the factor when shrinking; edges mirrored; rows first, then columns, each pass rounded half up
 * and clipped to 8 bits.
 */
public final class Bicubic {
  private static final double SMALLEST_FACTOR = 1e-4;

  private Bicubic() {}

  /**
   * [3,H,W] → [3,⌊H/scale⌋,⌊W/scale⌋]; the image is first cut at the right and bottom to a multiple
   * of the scale.
   */
  public static Image shrink(Image image, int scale) {
    checkScale(scale);
    if (image.height() < scale || image.width() < scale) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "shrinking by %d takes an image of that side at least, got %d×%d (height×width)",
              scale,
              image.height(),
              image.width()));
    }
    return shrink(
        Window.of(image).croppedToMultiple(scale),
        scale,
        new Area(0, 0, image.height() / scale, image.width() / scale));
  }

  /**
   * The same as {@code shrink(image.image(), scale).crop(wanted)}, made of what {@link #reads}
   * says.
   *
   * @param image its sides multiples of the scale
   */
  public static Image shrink(Window image, int scale, Area wanted) {
    Taps taps = shrinkingTaps(scale);
    Shrinking exact = image.source().isBytes() ? exactly(scale, taps) : null;
    return exact != null
        ? exact.shrunk(image, wanted)
        : resize(
            image,
            shrinkingAxis(image.height(), scale, taps),
            shrinkingAxis(image.width(), scale, taps),
            wanted);
  }

  /**
   * The pixels of an image of that size that are needed to shrink it to an area of the shrunk one.
   */
  public static Area reads(int scale, Area wanted, int height, int width) {
    Taps taps = shrinkingTaps(scale);
    return read(
        shrinkingAxis(height, scale, taps),
        shrinkingAxis(width, scale, taps),
        wanted,
        height,
        width);
  }

  private static Shrinking exactly(int scale, Taps taps) {
    return Shrinking.of(scale, taps.first, taps.weights);
  }

  private static Axis shrinkingAxis(int length, int scale, Taps... taps) {
    return new Axis(length / scale, scale, taps);
  }

  // the kernel's centre for output o lies at scale·o + (scale−1)/2
  private static Taps shrinkingTaps(int scale) {
    return taps((scale - 1) / 2.0, scale);
  }

  /**
   * [3,H,W] → [3,⌈factor·H⌉,⌈factor·W⌉].
   *
   * @param factor from 1/10,000 to 1
   */
  public static Image scaled(Image image, double factor) {
    if (!(factor >= SMALLEST_FACTOR && factor <= 1)) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "an image is scaled by 0.0001..1, got %s", factor));
    }
    return resized(image, scaledAxis(image.height(), factor), scaledAxis(image.width(), factor));
  }

  private static Axis scaledAxis(int length, double factor) {
    Taps[] taps = new Taps[(int) Math.ceil(length * factor)];
    for (int i = 0; i < taps.length; i++) {
      taps[i] = taps((i + 0.5) / factor - 0.5, 1 / factor);
    }
    return new Axis(taps.length, length, taps);
  }

  /** [3,H,W] → [3,scale·H,scale·W]. */
  public static Image enlarge(Image image, int scale) {
    checkScale(scale);
    Taps[] taps = enlargingTaps(scale);
    return resized(
        image, new Axis(image.height() * scale, 1, taps), new Axis(image.width() * scale, 1, taps));
  }

  /**
   * Computes a row of {@link #enlarge} for one plane [H,W], without its rounding.
   *
   * @param plane writes a row of the plane
   * @param y the row of the enlarged plane
   * @param target receives the row [scale·W]
   */
  static void enlargedRow(
      RowWriter plane, int height, int width, int scale, int y, float[] target) {
    Taps[] taps = enlargingTaps(scale);
    Taps down = taps[y % scale];
    float[] in = new float[width];
    double[] row = new double[width];
    for (int i = 0; i < down.weights.length; i++) {
      plane.write(mirrored(y / scale + down.first + i, height), in);
      for (int x = 0; x < width; x++) {
        row[x] += down.weights[i] * in[x];
      }
    }
    for (int x = 0; x < width * scale; x++) {
      Taps across = taps[x % scale];
      double sum = 0;
      for (int i = 0; i < across.weights.length; i++) {
        sum += across.weights[i] * row[mirrored(x / scale + across.first + i, width)];
      }
      target[x] = (float) sum;
    }
  }

  /**
   * One axis of {@link #enlarge} as a linear map, without its rounding: the matrix [scale·length,
   * length] that takes a row of pixels to the enlarged row.
   */
  public static float[][] enlargingMatrix(int length, int scale) {
    checkScale(scale);
    Taps[] taps = enlargingTaps(scale);
    float[][] matrix = new float[scale * length][length];
    for (int out = 0; out < matrix.length; out++) {
      Taps t = taps[out % scale];
      for (int i = 0; i < t.weights.length; i++) {
        matrix[out][mirrored(out / scale + t.first + i, length)] += (float) t.weights[i];
      }
    }
    return matrix;
  }

  private static Taps[] enlargingTaps(int scale) {
    // output scale·i + p is centred at i + (p + ½)/scale − ½
    Taps[] taps = new Taps[scale];
    for (int p = 0; p < scale; p++) {
      taps[p] = taps((p + 0.5) / scale - 0.5, 1);
    }
    return taps;
  }

  /** How far beyond its own block of scale×scale pixels a shrunk pixel reads, at most. */
  public static int margin(int scale) {
    return 2 * scale;
  }

  private static void checkScale(int scale) {
    if (scale < 1) {
      throw new IllegalArgumentException("a scale is at least 1, got " + scale);
    }
  }

  /** Weights of the inputs from {@code first} on, relative to the output's own place. */
  private record Taps(int first, double[] weights) {}

  private static Taps taps(double centre, double widening) {
    int first = (int) Math.floor(centre - 2.0 * widening) + 1;
    int last = (int) Math.ceil(centre + 2.0 * widening) - 1;
    double[] weights = new double[last - first + 1];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = cubic((first + i - centre) / widening);
      sum += weights[i];
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= sum;
    }
    return new Taps(first, weights);
  }

  private static double cubic(double x) {
    double t = Math.abs(x);
    if (t <= 1) {
      return (1.5 * t - 2.5) * t * t + 1;
    }
    return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
  }

  /**
   * A resized axis: output {@code i·taps.length + p} is {@code taps[p]} laid at input {@code
   * i·stride}.
   */
  private record Axis(int length, int stride, Taps[] taps) {
    Taps at(int out) {
      return taps[out % taps.length];
    }

    int first(int out) {
      return out / taps.length * stride + at(out).first;
    }

    /** The first input that outputs from {@code from} on read. */
    int begin(int from) {
      return Math.max(0, first(from));
    }

    /** The end of what outputs before {@code to} read, of {@code inputs} inputs. */
    int end(int to, int inputs) {
      return Math.min(inputs, first(to - 1) + at(to - 1).weights.length);
    }

    /** How far beyond the first and the last of {@code inputs} inputs are read, at most. */
    int reach(int inputs) {
      int reach = 0;
      for (int out = 0; out < length; out++) {
        int end = first(out) + at(out).weights.length;
        reach = Math.max(reach, Math.max(-first(out), end - inputs));
      }
      return reach;
    }
  }

  private static Area read(Axis rows, Axis columns, Area wanted, int height, int width) {
    int top = rows.begin(wanted.top());
    int left = columns.begin(wanted.left());
    return new Area(
        top,
        left,
        rows.end(wanted.bottom(), height) - top,
        columns.end(wanted.right(), width) - left);
  }

  private static Image resized(Image image, Axis rows, Axis columns) {
    return resize(Window.of(image), rows, columns, new Area(0, 0, rows.length, columns.length));
  }

  private static Image resize(Window image, Axis rows, Axis columns, Area wanted) {
    int height = wanted.height();
    int width = wanted.width();
    Area read = read(rows, columns, wanted, image.height(), image.width());
    float[] in = image.crop(read).pixels();
    byte[] out = new byte[Image.values(Image.CHANNELS, height, width)];
    int reach = columns.reach(image.width());
    double[] row = new double[read.width() + 2 * reach];
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < height; y++) {
        resizedRow(image, read, in, c, rows, wanted.top() + y, row, reach);
        int target = (c * height + y) * width;
        for (int x = 0; x < width; x++) {
          Taps t = columns.at(wanted.left() + x);
          int from = reach + columns.first(wanted.left() + x) - read.left();
          double sum = 0;
          for (int i = 0; i < t.weights.length; i++) {
            sum += t.weights[i] * row[from + i];
          }
          out[target + x] = (byte) Image.quantise(sum);
        }
      }
    }
    return Image.ofBytes(height, width, out);
  }

  // one output row of the vertical pass, rounded, with `reach` mirrored values on both sides
  private static void resizedRow(
      Window image, Area read, float[] in, int c, Axis rows, int y, double[] row, int reach) {
    int width = read.width();
    double[] weights = rows.at(y).weights;
    Arrays.fill(row, 0);
    for (int i = 0; i < weights.length; i++) {
      double weight = weights[i];
      int line = mirrored(rows.first(y) + i, image.height()) - read.top();
      int from = (c * read.height() + line) * width;
      for (int x = 0; x < width; x++) {
        row[reach + x] += weight * in[from + x];
      }
    }
    for (int x = 0; x < width; x++) {
      row[reach + x] = Image.quantise(row[reach + x]);
    }
    for (int x = 1; x <= reach; x++) {
      mirror(-x, image.width(), read, row, reach);
      mirror(image.width() - 1 + x, image.width(), read, row, reach);
    }
  }

  // where an edge is not within reach of what is read, nobody asks for what lies beyond it
  private static void mirror(int x, int width, Area read, double[] row, int reach) {
    int to = reach + x - read.left();
    int from = mirrored(x, width) - read.left();
    if (to >= 0 && to < row.length && from >= 0 && from < read.width()) {
      row[to] = row[reach + from];
    }
  }

  /**
   * The pixel, among n, that a place beyond them shows when edges are mirrored: … 1 0 | 0 1 … n−1 |
   * n−1 n−2 …, repeated as needed.
   */
  public static int mirrored(int i, int n) {
    int within = Math.floorMod(i, 2 * n);
    return within < n ? within : 2 * n - 1 - within;
  }
}
