package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One product, which is made in parts where its outputs are many and its inner side is long. */
class BlasTest {
  @ParameterizedTest
  @CsvSource({"1,1,5", "3,4,5", "100,120,200", "128,128,61", "128,128,63", "256,256,48"})
  void isTheProductEitherWayRound(int rows, int columns, int inner) {
    assumeTrue(Blas.isPossible());
    INDArray a = Nd4j.rand(DataType.FLOAT, rows, inner).subi(0.5);
    INDArray b = Nd4j.rand(DataType.FLOAT, inner, columns).subi(0.5);
    INDArray before = Nd4j.rand(DataType.FLOAT, rows, columns);
    INDArray expected = a.mmul(b).muli(2).addi(before.mul(0.5));
    for (boolean transposeA : new boolean[] {false, true}) {
      for (boolean transposeB : new boolean[] {false, true}) {
        INDArray out = before.dup('c');
        Blas.multiply(
            rows,
            columns,
            inner,
            matrix(transposeA ? a.transpose() : a),
            transposeA,
            matrix(transposeB ? b.transpose() : b),
            transposeB,
            2,
            0.5,
            matrix(out));
        assertThat(out.sub(expected).normmaxNumber().doubleValue()).isLessThan(1e-4);
      }
    }
  }

  private static Blas.Matrix matrix(INDArray x) {
    INDArray rows = x.stride(1) == 1 ? x : x.dup('c');
    return new Blas.Matrix(Kernels.floats(rows), 0, (int) rows.size(1));
  }
}
