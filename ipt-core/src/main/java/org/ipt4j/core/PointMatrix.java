package org.ipt4j.core;

import java.util.Arrays;

/**
 * A matrix of Winograd's minimal filtering F(4,5): y = Aᵀ[(G·g) ∘ (Bᵀ·d)] are the 4 outputs of a
 * filter g of 5 taps over 8 inputs d, with 8 multiplications instead of 20 (Lavin &amp; Gray, 2016,
 * arXiv 1509.09308, §4). A, G and Bᵀ are those of the Cook–Toom algorithm, which multiplies
 * polynomials by their values at points (Blahut, 2010, <i>Fast Algorithms for Signal
 * Processing</i>, §5.2). The points here are 0, 1, 2, ½, ∞, −1, −2 and −½; each has a row.
 *
 * <p>The row of −p is the row of p with the signs of the odd columns changed, so one sum over the
 * even columns and one over the odd ones serve both rows.
 */
final class PointMatrix {
  /** The number of points, and of inputs of a tile. */
  static final int POINTS = 8;

  /** The number of outputs of a tile. */
  static final int TILE = 4;

  /** The number of taps of the filter. */
  static final int TAPS = 5;

  private static final int INFINITE = 4; // the point that is no number
  private static final double[] AT = {0, 1, 2, 0.5, Double.NaN, -1, -2, -0.5};
  private static final int PAIRED = 4; // points 1 to 3 and those of the other sign, 4 behind

  /** Bᵀ [8,8], for inputs. */
  static final PointMatrix INPUT = new PointMatrix(input());

  /** A [8,4], for outputs. */
  static final PointMatrix OUTPUT = new PointMatrix(powers(TILE));

  private final int size;
  private final float[][] even = new float[PAIRED][]; // of 0 and the positive points
  private final float[][] odd = new float[PAIRED][]; // of infinity and the positive points
  private final float[][] evenColumns;
  private final float[][] oddColumns;

  private PointMatrix(double[][] rows) {
    size = rows[0].length;
    for (int i = 0; i < PAIRED; i++) {
      even[i] = everySecond(rows[i], 0);
      odd[i] = everySecond(rows[i == 0 ? INFINITE : i], 1);
    }
    evenColumns = transposed(even);
    oddColumns = transposed(odd);
  }

  private static float[] everySecond(double[] row, int first) {
    float[] half = new float[row.length / 2];
    for (int i = 0; i < half.length; i++) {
      half[i] = (float) row[2 * i + first];
    }
    return half;
  }

  private static float[][] transposed(float[][] rows) {
    float[][] columns = new float[rows[0].length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        columns[j][i] = rows[i][j];
      }
    }
    return columns;
  }

  /** The number of its columns. */
  int size() {
    return size;
  }

  /** points [8] = this · values, for each of the first {@code length} elements of the arrays. */
  void toPoints(float[][] values, float[][] points, int length) {
    float[][] evenValues = everySecond(values, 0);
    float[][] oddValues = everySecond(values, 1);
    for (int i = 0; i < PAIRED; i += 2) {
      int j = PAIRED + i;
      sums(even[i], even[i + 1], evenValues, points[i], points[i + 1], length);
      sums(odd[i], odd[i + 1], oddValues, points[j], points[j + 1], length);
    }
    addAndSubtractPairs(points, length);
  }

  private float[][] everySecond(float[][] values, int first) {
    float[][] half = new float[size / 2][];
    for (int i = 0; i < half.length; i++) {
      half[i] = values[2 * i + first];
    }
    return half;
  }

  /** values = thisᵀ · points, as {@link #toPoints}; the points are overwritten. */
  void fromPoints(float[][] points, float[][] values, int length) {
    addAndSubtractPairs(points, length);
    float[][] sums = Arrays.copyOfRange(points, 0, PAIRED);
    float[][] differences = Arrays.copyOfRange(points, PAIRED, POINTS);
    for (int i = 0; i < size / 2; i += 2) {
      int j = 2 * i;
      sums(evenColumns[i], evenColumns[i + 1], sums, values[j], values[j + 2], length);
      sums(oddColumns[i], oddColumns[i + 1], differences, values[j + 1], values[j + 3], length);
    }
  }

  private static void addAndSubtractPairs(float[][] points, int length) {
    for (int i = 1; i < PAIRED; i++) {
      addAndSubtract(points[i], points[PAIRED + i], length);
    }
  }

  private static void addAndSubtract(float[] x, float[] y, int length) {
    for (int i = 0; i < length; i++) {
      float sum = x[i] + y[i];
      float difference = x[i] - y[i];
      x[i] = sum;
      y[i] = difference;
    }
  }

  /** p and q = sums of 2 or 4 arrays times {@code ofP} and {@code ofQ}. */
  private static void sums(
      float[] ofP, float[] ofQ, float[][] arrays, float[] p, float[] q, int length) {
    float[] a = arrays[0];
    float[] b = arrays[1];
    if (arrays.length == 2) {
      sums(ofP, ofQ, a, b, p, q, length);
    } else {
      sums(ofP, ofQ, a, b, arrays[2], arrays[3], p, q, length);
    }
  }

  // apart from each other, and all read before any is written: else they are not vectorised
  private static void sums(
      float[] ofP, float[] ofQ, float[] a, float[] b, float[] p, float[] q, int length) {
    float pa = ofP[0];
    float pb = ofP[1];
    float qa = ofQ[0];
    float qb = ofQ[1];
    for (int i = 0; i < length; i++) {
      float u = a[i];
      float v = b[i];
      p[i] = pa * u + pb * v;
      q[i] = qa * u + qb * v;
    }
  }

  private static void sums(
      float[] ofP,
      float[] ofQ,
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float[] p,
      float[] q,
      int length) {
    float pa = ofP[0];
    float pb = ofP[1];
    float pc = ofP[2];
    float pd = ofP[3];
    float qa = ofQ[0];
    float qb = ofQ[1];
    float qc = ofQ[2];
    float qd = ofQ[3];
    for (int i = 0; i < length; i++) {
      float u = a[i];
      float v = b[i];
      float w = c[i];
      float x = d[i];
      p[i] = pa * u + pb * v + pc * w + pd * x;
      q[i] = qa * u + qb * v + qc * w + qd * x;
    }
  }

  /** G⊗G [64,25], row by row: transforms a 5×5 filter to the 8×8 points. */
  static float[] filterMatrix() {
    double[][] g = powers(TAPS);
    for (int i = 0; i < POINTS; i++) {
      for (int j = 0; j < POINTS; j++) {
        if (i != j && i != INFINITE && j != INFINITE) {
          for (int k = 0; k < TAPS; k++) {
            g[i][k] /= AT[i] - AT[j];
          }
        }
      }
    }
    float[] numbers = new float[POINTS * POINTS * TAPS * TAPS];
    int at = 0;
    for (double[] vertical : g) {
      for (double[] horizontal : g) {
        for (double v : vertical) {
          for (double h : horizontal) {
            numbers[at++] = (float) (v * h);
          }
        }
      }
    }
    return numbers;
  }

  /** The values of a polynomial's terms at the points; at infinity only the highest term counts. */
  private static double[][] powers(int terms) {
    double[][] rows = new double[POINTS][terms];
    for (int i = 0; i < POINTS; i++) {
      for (int k = 0; k < terms; k++) {
        rows[i][k] = i == INFINITE ? k / (terms - 1) : Math.pow(AT[i], k);
      }
    }
    return rows;
  }

  /**
   * For each point, the coefficients of the product of (x − p) over all other points p except
   * infinity.
   */
  private static double[][] input() {
    double[][] rows = new double[POINTS][POINTS];
    for (int i = 0; i < POINTS; i++) {
      double[] row = rows[i];
      row[0] = 1;
      for (int j = 0; j < POINTS; j++) {
        if (j != i && j != INFINITE) {
          for (int k = POINTS - 1; k > 0; k--) {
            row[k] = row[k - 1] - AT[j] * row[k];
          }
          row[0] *= -AT[j];
        }
      }
    }
    return rows;
  }
}
