package org.ipt4j.core;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.ipt4j.core.Variable.Target;

/**
 * Layer normalisation of rows of floats on the processor, a few rows at a time on the heap: one
 * pass where ND4J needs ten operations. All arrays are contiguous. For the same arrays the results
 * are bit-identical on any number of threads.
 *
 * <p>In each loop that writes, all arrays use one index; with several, the virtual machine does not
 * vectorise it. So the numbers of a row's columns (gain, bias) are repeated for each row of a
 * block.
 */
final class HeapLayerNorm {
  private static final int BLOCK = 2048; // numbers worked on at a time, unless a row is longer
  private static final int SHARE = 1 << 16; // numbers that outweigh what a share costs

  private final NormalisedRows arrays;
  private final int rows;
  private final int d;
  private final int step; // rows of a block
  private final int shares;

  HeapLayerNorm(NormalisedRows arrays) {
    this.arrays = arrays;
    rows = Math.toIntExact(arrays.x().size(0));
    d = Math.toIntExact(arrays.x().size(1));
    step = Math.max(1, BLOCK / d);
    shares = (int) Math.max(1, arrays.x().length() / SHARE); // however many threads there are
  }

  /** Does what {@link Device#layerNorm} says. */
  void forward(double epsilon) {
    Workers.run(
        rows,
        shares,
        (share, first, end) -> {
          FloatPointer from = CpuDevice.floats(arrays.x());
          FloatPointer to = CpuDevice.floats(arrays.y());
          FloatPointer means = CpuDevice.floats(arrays.mean());
          FloatPointer inverses = CpuDevice.floats(arrays.inverse());
          float[] block = Scratch.floats(0, step * d);
          float[] scaled = Scratch.floats(1, step * d);
          float[] gains = repeated(arrays.gain(), 2);
          float[] biases = repeated(arrays.bias(), 3);
          for (int row = first; row < end; row += step) {
            int count = Math.min(step, end - row);
            from.position((long) row * d).get(block, 0, count * d);
            for (int r = 0; r < count; r++) {
              int at = r * d;
              float ofRow = sum(block, at, d) / d;
              centre(block, at, d, ofRow, 1);
              float variance = sumOfProducts(block, block, at, d) / d;
              float factor = (float) (1 / Math.sqrt(variance + epsilon));
              means.put(row + r, ofRow);
              inverses.put(row + r, factor);
              scale(block, at, d, factor, gains, biases, scaled);
            }
            to.position((long) row * d).put(scaled, 0, count * d);
          }
        });
  }

  /** Does what {@link Device#layerNormBackward} says. */
  void backward(Array dy, Target dx, Array dgain, Array dbias) {
    float[][] gainSums = new float[shares][];
    float[][] biasSums = new float[shares][];
    Workers.run(
        rows,
        shares,
        (share, first, end) -> {
          FloatPointer gradients = CpuDevice.floats(dy);
          FloatPointer from = CpuDevice.floats(arrays.x());
          FloatPointer means = CpuDevice.floats(arrays.mean());
          FloatPointer inverses = CpuDevice.floats(arrays.inverse());
          float[] slopes = Scratch.floats(0, step * d);
          float[] block = Scratch.floats(1, step * d);
          float[] gains = repeated(arrays.gain(), 2);
          float[] products = zeros(3); // summed over the blocks
          float[] sums = zeros(4);
          for (int row = first; row < end; row += step) {
            int count = Math.min(step, end - row);
            gradients.position((long) row * d).get(slopes, 0, count * d);
            from.position((long) row * d).get(block, 0, count * d);
            for (int r = 0; r < count; r++) {
              centre(block, r * d, d, means.get(row + r), inverses.get(row + r));
            }
            addProducts(slopes, block, count * d, products);
            add(slopes, count * d, sums);
            multiply(slopes, count * d, gains);
            for (int r = 0; r < count; r++) {
              int at = r * d;
              float ofRow = sum(slopes, at, d) / d;
              float along = sumOfProducts(slopes, block, at, d) / d;
              project(slopes, block, at, d, ofRow, along, inverses.get(row + r));
            }
            give(slopes, row, count, dx);
          }
          gainSums[share] = sumOfRows(products, step * d);
          biasSums[share] = sumOfRows(sums, step * d);
        });
    CpuDevice.floats(dgain).put(total(gainSums), 0, d);
    CpuDevice.floats(dbias).put(total(biasSums), 0, d);
  }

  /** Adds the gradients of {@code count} rows to a target, or overwrites it. */
  private void give(float[] slopes, int row, int count, Target dx) {
    if (dx == null) {
      return;
    }
    FloatPointer to = CpuDevice.floats(dx.array()).position((long) row * d);
    if (dx.beta() != 0) {
      float[] sums = Scratch.floats(1, step * d); // the rows themselves are used no more
      to.get(sums, 0, count * d);
      add(sums, count * d, slopes);
    }
    to.put(slopes, 0, count * d);
  }

  /** A row's numbers, repeated for each row of a block, in this thread's array {@code which}. */
  private float[] repeated(Array row, int which) {
    float[] numbers = Scratch.floats(which, step * d);
    CpuDevice.floats(row).get(numbers, 0, d);
    for (int r = 1; r < step; r++) {
      System.arraycopy(numbers, 0, numbers, r * d, d);
    }
    return numbers;
  }

  private float[] zeros(int which) {
    float[] numbers = Scratch.floats(which, step * d);
    Arrays.fill(numbers, 0, step * d, 0);
    return numbers;
  }

  private float[] sumOfRows(float[] block, int length) {
    float[] sums = new float[d];
    for (int i = 0; i < length; i++) {
      sums[i % d] += block[i];
    }
    return sums;
  }

  private float[] total(float[][] parts) {
    for (int i = 1; i < parts.length; i++) {
      add(parts[i], d, parts[0]);
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

  private static void centre(float[] x, int from, int n, float mean, float factor) {
    for (int i = from; i < from + n; i++) {
      x[i] = (x[i] - mean) * factor;
    }
  }

  private static void scale(
      float[] x, int from, int n, float factor, float[] gains, float[] biases, float[] y) {
    for (int i = from; i < from + n; i++) {
      y[i] = x[i] * factor * gains[i] + biases[i];
    }
  }

  private static void addProducts(float[] x, float[] y, int n, float[] sums) {
    for (int i = 0; i < n; i++) {
      sums[i] += x[i] * y[i];
    }
  }

  private static void add(float[] x, int n, float[] sums) {
    for (int i = 0; i < n; i++) {
      sums[i] += x[i];
    }
  }

  private static void multiply(float[] x, int n, float[] by) {
    for (int i = 0; i < n; i++) {
      x[i] *= by[i];
    }
  }

  private static void project(
      float[] g, float[] normalised, int from, int n, float mean, float along, float inverse) {
    for (int i = from; i < from + n; i++) {
      g[i] = (g[i] - mean - normalised[i] * along) * inverse;
    }
  }
}
