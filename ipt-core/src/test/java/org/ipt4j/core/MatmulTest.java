package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** {@link Kernels#matmul}, judged by three loops. */
class MatmulTest {
  private static final double UNTOUCHED = 77;

  @Test
  void matricesOfAwkwardSizes() {
    long[][] sizes = {
      {1, 1, 1}, {3, 5, 7}, {8, 8, 4099}, {131, 67, 31}, {257, 9, 127}, {9, 640, 61}
    };
    for (long[] size : sizes) {
      checkTypesAndTransposes(new long[0], size);
    }
  }

  @Test
  void batches() {
    checkTypesAndTransposes(new long[] {5}, new long[] {37, 41, 43});
    checkTypesAndTransposes(new long[] {2, 3}, new long[] {64, 16, 48});
  }

  @Test
  void matricesKeptByColumns() {
    RandomGenerator random = Randomness.at(6);
    for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
      INDArray a = new Columns(random, type, new long[0], 7, 5).columns.dup('c');
      INDArray b = new Columns(random, type, new long[0], 3, 5).columns.dup('c');
      INDArray before = new Columns(random, type, new long[0], 7, 3).columns.dup('c');
      INDArray expected = before.dup('c');
      Kernels.matmul(a, false, b, true, 0.5, 1, expected);
      for (int which = 0; which < 8; which++) {
        INDArray left = (which & 1) == 0 ? a : byColumns(a);
        INDArray right = (which & 2) == 0 ? b : byColumns(b);
        INDArray out = (which & 4) == 0 ? before.dup('c') : byColumns(before);
        Kernels.matmul(left, false, right, true, 0.5, 1, out);
        assertClose(out, expected.castTo(DataType.DOUBLE), type, 5);
      }
    }
  }

  private static INDArray byColumns(INDArray x) {
    INDArray columns =
        Kernels.view(
            Kernels.filled(x.dataType(), UNTOUCHED, x.length()),
            0,
            x.shape(),
            new long[] {1, x.size(0)});
    return columns.assign(x);
  }

  private static void checkTypesAndTransposes(long[] batch, long[] size) {
    for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
      for (int transposes = 0; transposes < 4; transposes++) {
        check(type, batch, size, (transposes & 1) != 0, (transposes & 2) != 0);
      }
    }
  }

  private static void check(
      DataType type, long[] batch, long[] size, boolean transposeA, boolean transposeB) {
    RandomGenerator random = Randomness.at(5, size[0]);
    long m = size[0];
    long n = size[1];
    long k = size[2];
    Columns a = new Columns(random, type, batch, transposeA ? k : m, transposeA ? m : k);
    Columns b = new Columns(random, type, batch, transposeB ? n : k, transposeB ? k : n);
    Columns out = new Columns(random, type, batch, m, n);
    INDArray before = out.columns.dup();
    INDArray expected = out.columns.castTo(DataType.DOUBLE).dup();
    for (int i = 0; i < before.length() / (m * n); i++) {
      double[][] left = matrix(a.columns, i, transposeA).toDoubleMatrix();
      double[][] right = matrix(b.columns, i, transposeB).toDoubleMatrix();
      INDArray sum = matrix(expected, i, false);
      for (int row = 0; row < m; row++) {
        for (int column = 0; column < n; column++) {
          double product = 0;
          for (int j = 0; j < k; j++) {
            product += left[row][j] * right[j][column];
          }
          sum.putScalar(row, column, 0.5 * product + sum.getDouble(row, column));
        }
      }
    }
    Kernels.matmul(a.columns, transposeA, b.columns, transposeB, 0.5, 1, out.columns);
    assertClose(out.columns, expected, type, k);
    assertThat(out.isUntouchedBeside()).isTrue();

    Kernels.matmul(a.columns, transposeA, b.columns, transposeB, 0.5, 0, out.columns);
    expected.subi(before.castTo(DataType.DOUBLE));
    assertClose(out.columns, expected, type, k);
  }

  private static INDArray matrix(INDArray x, int i, boolean transpose) {
    INDArray matrix = x.tensorAlongDimension(i, x.rank() - 2, x.rank() - 1);
    return transpose ? matrix.transpose() : matrix;
  }

  // sums of k products of numbers around 1, each rounded at about their size
  private static void assertClose(INDArray actual, INDArray expected, DataType type, long k) {
    double epsilon = type == DataType.FLOAT ? 6e-8 : 1.1e-16;
    assertThat(actual.castTo(DataType.DOUBLE).sub(expected).normmaxNumber().doubleValue())
        .isLessThan(8 * epsilon * Math.sqrt(k) * Math.max(4, Math.sqrt(k)));
  }

  /** Standard normal numbers in the middle columns of a wider array. */
  private static final class Columns {
    private static final long BESIDE = 2;

    private final INDArray whole;
    private final INDArray columns;

    Columns(RandomGenerator random, DataType type, long[] batch, long rows, long width) {
      long[] shape = new long[batch.length + 2];
      System.arraycopy(batch, 0, shape, 0, batch.length);
      shape[batch.length] = rows;
      shape[batch.length + 1] = width + 2 * BESIDE;
      whole = Kernels.filled(type, UNTOUCHED, shape);
      shape[batch.length + 1] = width;
      columns = Kernels.view(whole, BESIDE, shape, whole.stride());
      float[] numbers = new float[(int) columns.length()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      columns.assign(Nd4j.createFromArray(numbers).castTo(type).reshape('c', shape));
    }

    boolean isUntouchedBeside() {
      INDArray beside = whole.dup();
      Kernels.view(beside, BESIDE, columns.shape(), whole.stride()).assign(UNTOUCHED);
      return beside.sub(UNTOUCHED).norm1Number().doubleValue() == 0;
    }
  }
}
