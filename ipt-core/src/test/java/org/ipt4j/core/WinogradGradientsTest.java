package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gradients of convolutions of 5×5 taps in float, judged by the plain ones in double. */
class WinogradGradientsTest {
  private static final OperationContract.Expression CONVOLUTION =
      (tape, v) -> ConvOps.conv2d(tape, v[0], v[1], v[2]);

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
    assertThat(supports(64, 3, 48, 5)).isTrue();
    assertThat(supports(3, 64, 64, 5)).isTrue();
    assertThat(supports(64, 3, 65, 5)).isFalse();
    assertThat(supports(3, 64, 65, 5)).isFalse();
    assertThat(supports(64, 3, 48, 3)).isFalse();
  }

  @Test
  void isTheSameToTheBitOnAnyNumberOfThreads() {
    long[][] shapes = shapes(3, 12, 12, 9, 10);
    INDArray onAll = InFloat.gradients(CONVOLUTION, Devices.FAST, shapes);
    INDArray[] onOne = new INDArray[Workers.all()];
    Workers.run(onOne.length, i -> onOne[i] = InFloat.gradients(CONVOLUTION, Devices.FAST, shapes));
    for (INDArray each : onOne) {
      Bits.assertSame(each, onAll);
    }
  }

  private static boolean supports(long c, long o, long side, long k) {
    Array memory = Devices.FAST.array(Math.max(c * side * side, o * c * k * k));
    return WinogradGradients.support(
        memory.view(0, new long[] {1, c, side, side}, Array.rowByRow(1, c, side, side)),
        memory.view(0, new long[] {o, c, k, k}, Array.rowByRow(o, c, k, k)));
  }

  private static long[][] shapes(long n, long c, long o, long h, long w) {
    return new long[][] {{n, c, h, w}, {o, c, 5, 5}, {o}};
  }
}
