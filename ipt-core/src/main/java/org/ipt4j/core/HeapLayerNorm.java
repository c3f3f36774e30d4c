package org.ipt4j.core;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Layer normalisation of rows of floats on the processor, a few rows at a time on the heap: one
 * pass where ND4J's operations take ten. All arrays lie in one piece. Results are the same to the
 * bit for the same arrays and number of processors.
 */
final class HeapLayerNorm implements LayerNorm {
  private static final int BLOCK = 2048; // numbers worked on at a time, unless a row is longer

  private final int rows;
  private final int d;
  private final int step; // rows of a block
  private final int shares;

  /** Of arrays [R,D]. */
  HeapLayerNorm(INDArray x) {
    rows = Math.toIntExact(x.size(0));
    d = Math.toIntExact(x.size(1));
    step = Math.max(1, BLOCK / d);
    shares = Math.min((rows + step - 1) / step, Workers.count());
  }

  @Override
  public void forward(
      INDArray x,
      INDArray gain,
      INDArray bias,
      double epsilon,
      INDArray y,
      INDArray normalised,
      INDArray inverse) {
    float[] g = numbers(gain);
    float[] b = numbers(bias);
    Workers.run(
        rows,
        shares,
        (share, first, end) -> {
          FloatPointer from = pointer(x);
          FloatPointer to = pointer(y);
          FloatPointer kept = normalised == null ? null : pointer(normalised);
          FloatPointer inverses = pointer(inverse);
          float[] block = new float[step * d];
          float[] scaled = new float[step * d];
          for (int row = first; row < end; row += step) {
            int count = Math.min(step, end - row);
            from.position((long) row * d).get(block, 0, count * d);
            for (int r = 0; r < count; r++) {
              int at = r * d;
              shift(block, at, d, -sum(block, at, d) / d);
              float variance = sumOfProducts(block, block, at, d) / d;
              float factor = (float) (1 / Math.sqrt(variance + epsilon));
              inverses.put(row + r, factor);
              normalise(block, at, d, factor, g, b, scaled);
            }
            to.position((long) row * d).put(scaled, 0, count * d);
            if (kept != null) {
              kept.position((long) row * d).put(block, 0, count * d);
            }
          }
        });
  }

  @Override
  public void backward(
      INDArray dy,
      INDArray gain,
      INDArray normalised,
      INDArray inverse,
      INDArray dgain,
      INDArray dbias) {
    float[] g = numbers(gain);
    float[][] gainSums = new float[shares][d];
    float[][] biasSums = new float[shares][d];
    Workers.run(
        rows,
        shares,
        (share, first, end) -> {
          FloatPointer gradients = pointer(dy);
          FloatPointer kept = pointer(normalised);
          FloatPointer inverses = pointer(inverse);
          float[] slopes = new float[step * d];
          float[] block = new float[step * d];
          for (int row = first; row < end; row += step) {
            int count = Math.min(step, end - row);
            gradients.position((long) row * d).get(slopes, 0, count * d);
            kept.position((long) row * d).get(block, 0, count * d);
            for (int r = 0; r < count; r++) {
              int at = r * d;
              accumulate(slopes, block, at, d, gainSums[share], biasSums[share]);
              multiply(slopes, at, d, g);
              float mean = sum(slopes, at, d) / d;
              float along = sumOfProducts(slopes, block, at, d) / d;
              project(slopes, block, at, d, mean, along, inverses.get(row + r));
            }
            gradients.position((long) row * d).put(slopes, 0, count * d);
          }
        });
    pointer(dgain).put(total(gainSums), 0, d);
    pointer(dbias).put(total(biasSums), 0, d);
  }

  private static FloatPointer pointer(INDArray x) {
    return new FloatPointer(x.data().addressPointer());
  }

  private static float[] numbers(INDArray x) {
    float[] numbers = new float[(int) x.length()];
    pointer(x).get(numbers);
    return numbers;
  }

  private static float[] total(float[][] parts) {
    for (int i = 1; i < parts.length; i++) {
      for (int j = 0; j < parts[i].length; j++) {
        parts[0][j] += parts[i][j];
      }
    }
    return parts[0];
  }

  // in eight sums: one addition would have to wait for the other
  private static float sum(float[] x, int from, int n) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    float e = 0;
    float f = 0;
    float g = 0;
    float h = 0;
    int i = from;
    for (; i < from + n - 7; i += 8) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
      e += x[i + 4];
      f += x[i + 5];
      g += x[i + 6];
      h += x[i + 7];
    }
    for (; i < from + n; i++) {
      a += x[i];
    }
    return a + b + (c + d) + (e + f + (g + h));
  }

  private static float sumOfProducts(float[] x, float[] y, int from, int n) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    float e = 0;
    float f = 0;
    float g = 0;
    float h = 0;
    int i = from;
    for (; i < from + n - 7; i += 8) {
      a += x[i] * y[i];
      b += x[i + 1] * y[i + 1];
      c += x[i + 2] * y[i + 2];
      d += x[i + 3] * y[i + 3];
      e += x[i + 4] * y[i + 4];
      f += x[i + 5] * y[i + 5];
      g += x[i + 6] * y[i + 6];
      h += x[i + 7] * y[i + 7];
    }
    for (; i < from + n; i++) {
      a += x[i] * y[i];
    }
    return a + b + (c + d) + (e + f + (g + h));
  }

  private static void shift(float[] x, int from, int n, float by) {
    for (int i = from; i < from + n; i++) {
      x[i] += by;
    }
  }

  private static void normalise(
      float[] x, int from, int n, float factor, float[] gain, float[] bias, float[] y) {
    for (int i = 0; i < n; i++) {
      float normalised = x[from + i] * factor;
      x[from + i] = normalised;
      y[from + i] = normalised * gain[i] + bias[i];
    }
  }

  private static void accumulate(
      float[] dy, float[] normalised, int from, int n, float[] gainSums, float[] biasSums) {
    for (int i = 0; i < n; i++) {
      gainSums[i] += dy[from + i] * normalised[from + i];
      biasSums[i] += dy[from + i];
    }
  }

  private static void multiply(float[] x, int from, int n, float[] by) {
    for (int i = 0; i < n; i++) {
      x[from + i] *= by[i];
    }
  }

  private static void project(
      float[] g, float[] normalised, int from, int n, float mean, float along, float inverse) {
    for (int i = from; i < from + n; i++) {
      g[i] = (g[i] - mean - normalised[i] * along) * inverse;
    }
  }
}
