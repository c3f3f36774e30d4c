package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gradients of convolutions of 5×5 taps in float, judged by the plain ones in double. */
class WinogradGradientsTest {
  private static final OperationContract.Operation CONVOLUTION =
      (tape, v) -> Convolution.conv2d(tape, v[0], v[1], v[2]);

  @ParameterizedTest
  @CsvSource({
    "1,1,1,1,1", // less than a tile
    "1,2,3,4,8", // whole tiles
    "2,3,2,7,9", // part of the last ones, two images at a time
    "3,5,9,6,5", // groups of planes of different size
    "3,17,20,5,6", // image by image
    "1,33,2,5,6" // more planes of one size
  })
  void isThePlainOne(long n, long c, long o, long h, long w) {
    InFloat.check(CONVOLUTION, shapes(n, c, o, h, w));
  }

  @Test
  void isTakenForSmallImagesOnly() {
    assumeTrue(Blas.isPossible());
    assertThat(serves(64, 3, 48, 5)).isTrue();
    assertThat(serves(3, 64, 64, 5)).isTrue();
    assertThat(serves(64, 3, 65, 5)).isFalse();
    assertThat(serves(3, 64, 65, 5)).isFalse();
    assertThat(serves(64, 3, 48, 3)).isFalse();
  }

  @Test
  void isTheSameToTheBitOnAnyNumberOfThreads() {
    long[][] shapes = shapes(3, 12, 12, 9, 10);
    INDArray onAll = InFloat.gradients(CONVOLUTION, DataType.FLOAT, shapes);
    INDArray[] onOne = new INDArray[Workers.all()];
    Workers.run(
        onOne.length, i -> onOne[i] = InFloat.gradients(CONVOLUTION, DataType.FLOAT, shapes));
    for (INDArray each : onOne) {
      Bits.assertSame(each, onAll);
    }
  }

  private static boolean serves(long c, long o, long side, long k) {
    try (INDArray x = Arena.unpooled(DataType.FLOAT, 1, c, side, side);
        INDArray w = Arena.unpooled(DataType.FLOAT, o, c, k, k)) {
      return WinogradGradients.serve(x, w);
    }
  }

  private static long[][] shapes(long n, long c, long o, long h, long w) {
    return new long[][] {{n, c, h, w}, {o, c, 5, 5}, {o}};
  }
}
