package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layer normalisation on the heap, in float, judged by ND4J's operations in double. */
class HeapLayerNormTest {
  @Test
  void isTakenByFloatsOnly() {
    assumeTrue(Kernels.ON_PROCESSOR);
    assertThat(LayerNorm.fastest(Kernels.filled(DataType.FLOAT, 1, 2, 2)))
        .isInstanceOf(HeapLayerNorm.class);
    assertThat(LayerNorm.fastest(Kernels.filled(DataType.DOUBLE, 1, 2, 2)))
        .isNotInstanceOf(HeapLayerNorm.class);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "1,1,2", "3,17,7", "2,5,192", "1,3,4099", "7,211,19", "2,256,576"})
  void isThePlainOne(long n, long s, long d) {
    long[] row = {d};
    InFloat.check(
        (tape, v) -> Dense.layerNorm(tape, v[0], v[1], v[2]), new long[] {n, s, d}, row, row);
  }

  @Test
  void rowsFarFromZeroKeepTheirSpread() {
    INDArray x = Kernels.filled(DataType.FLOAT, 1000, 1, 8);
    for (int i = 0; i < 8; i++) {
      x.putScalar(0, i, 1000 + (i % 2 == 0 ? 0.5 : -0.5));
    }
    INDArray y = Kernels.filled(DataType.FLOAT, 0, 1, 8);
    INDArray mean = Kernels.filled(DataType.FLOAT, 0, 1, 1);
    INDArray inverse = Kernels.filled(DataType.FLOAT, 0, 1, 1);
    INDArray ones = Kernels.filled(DataType.FLOAT, 1, 8);
    INDArray zeros = Kernels.filled(DataType.FLOAT, 0, 8);
    LayerNorm.fastest(x).forward(x, ones, zeros, 0, y, mean, inverse);
    assertThat(mean.getDouble(0)).isEqualTo(1000);
    assertThat(inverse.getDouble(0)).isEqualTo(2);
    assertThat(y.toFloatVector()).containsExactly(1, -1, 1, -1, 1, -1, 1, -1);
  }
}
