package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link Device#matmul}, judged by three loops. */
class MatmulTest {
  private static final double UNTOUCHED = 77;

  @Test
  void matricesOfAwkwardSizes() {
    long[][] sizes = {
      {1, 1, 1}, {3, 5, 7}, {8, 8, 4099}, {131, 67, 31}, {257, 9, 127}, {9, 640, 61}
    };
    for (long[] size : sizes) {
      checkDevicesAndTransposes(new long[0], size);
    }
  }

  @Test
  void batches() {
    checkDevicesAndTransposes(new long[] {5}, new long[] {37, 41, 43});
    checkDevicesAndTransposes(new long[] {2, 3}, new long[] {64, 16, 48});
  }

  @Test
  void matricesKeptByColumns() {
    RandomGenerator random = Randomness.at(6);
    for (Device device : List.of(Devices.FAST, Devices.JUDGE)) {
      Array a = byRows(new Columns(random, device, new long[0], 7, 5));
      Array b = byRows(new Columns(random, device, new long[0], 3, 5));
      Array before = byRows(new Columns(random, device, new long[0], 7, 3));
      Array expected = Devices.array(device, Devices.nd(before));
      device.matmul(a, b.transposed(), 0.5, 1, expected);
      for (int which = 0; which < 8; which++) {
        Array left = (which & 1) == 0 ? a : byColumns(a);
        Array right = (which & 2) == 0 ? b : byColumns(b);
        Array out =
            (which & 4) == 0 ? Devices.array(device, Devices.nd(before)) : byColumns(before);
        device.matmul(left, right.transposed(), 0.5, 1, out);
        assertClose(Devices.nd(out), Devices.inDouble(expected), device, 5);
      }
    }
  }

  private static Array byRows(Columns columns) {
    return Devices.array(columns.columns.device(), Devices.nd(columns.columns));
  }

  private static Array byColumns(Array x) {
    Array columns =
        x.device().filled(UNTOUCHED, x.length()).view(0, x.shape(), new long[] {1, x.size(0)});
    x.device().copy(x, columns);
    return columns;
  }

  private static void checkDevicesAndTransposes(long[] batch, long[] size) {
    for (Device device : List.of(Devices.FAST, Devices.JUDGE)) {
      for (int transposes = 0; transposes < 4; transposes++) {
        check(device, batch, size, (transposes & 1) != 0, (transposes & 2) != 0);
      }
    }
  }

  private static void check(
      Device device, long[] batch, long[] size, boolean transposeA, boolean transposeB) {
    RandomGenerator random = Randomness.at(5, size[0]);
    long m = size[0];
    long n = size[1];
    long k = size[2];
    Columns a = new Columns(random, device, batch, transposeA ? k : m, transposeA ? m : k);
    Columns b = new Columns(random, device, batch, transposeB ? n : k, transposeB ? k : n);
    Columns out = new Columns(random, device, batch, m, n);
    INDArray before = Devices.nd(out.columns).dup();
    INDArray expected = Devices.inDouble(out.columns);
    for (int i = 0; i < before.length() / (m * n); i++) {
      double[][] rows = matrix(Devices.nd(a.columns), i, transposeA).toDoubleMatrix();
      double[][] columns = matrix(Devices.nd(b.columns), i, transposeB).toDoubleMatrix();
      INDArray sum = matrix(expected, i, false);
      for (int row = 0; row < m; row++) {
        for (int column = 0; column < n; column++) {
          double product = 0;
          for (int j = 0; j < k; j++) {
            product += rows[row][j] * columns[j][column];
          }
          sum.putScalar(row, column, 0.5 * product + sum.getDouble(row, column));
        }
      }
    }
    Array left = transposeA ? a.columns.transposed() : a.columns;
    Array right = transposeB ? b.columns.transposed() : b.columns;
    device.matmul(left, right, 0.5, 1, out.columns);
    assertClose(Devices.nd(out.columns), expected, device, k);
    assertThat(out.isUntouchedBeside()).isTrue();

    device.matmul(left, right, 0.5, 0, out.columns);
    expected.subi(before.castTo(DataType.DOUBLE));
    assertClose(Devices.nd(out.columns), expected, device, k);
  }

  private static INDArray matrix(INDArray x, int i, boolean transpose) {
    INDArray matrix = x.tensorAlongDimension(i, x.rank() - 2, x.rank() - 1);
    return transpose ? matrix.transpose() : matrix;
  }

  // sums of k products of numbers around 1, each rounded at about their size
  private static void assertClose(INDArray actual, INDArray expected, Device device, long k) {
    double epsilon = device.precision() == Precision.FLOAT ? 6e-8 : 1.1e-16;
    assertThat(actual.castTo(DataType.DOUBLE).sub(expected).normmaxNumber().doubleValue())
        .isLessThan(8 * epsilon * Math.sqrt(k) * Math.max(4, Math.sqrt(k)));
  }

  /** Standard normal numbers in the middle columns of a wider array. */
  private static final class Columns {
    private static final long BESIDE = 2;

    private final Array whole;
    private final Array columns;

    Columns(RandomGenerator random, Device device, long[] batch, long rows, long width) {
      long[] shape = new long[batch.length + 2];
      System.arraycopy(batch, 0, shape, 0, batch.length);
      shape[batch.length] = rows;
      shape[batch.length + 1] = width + 2 * BESIDE;
      whole = device.filled(UNTOUCHED, shape);
      shape[batch.length + 1] = width;
      columns = whole.view(BESIDE, shape, whole.strides());
      float[] numbers = new float[(int) columns.length()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      device.copy(device.array(numbers, 0, shape), columns);
    }

    boolean isUntouchedBeside() {
      Array beside = Devices.array(whole.device(), Devices.nd(whole));
      beside.device().fill(beside.view(BESIDE, columns.shape(), whole.strides()), UNTOUCHED);
      return Devices.nd(beside).sub(UNTOUCHED).norm1Number().doubleValue() == 0;
    }
  }
}
