package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The folded way of upsampling, judged by the plain one: two convolutions and a shuffle. */
class SubPixelTest {
  @ParameterizedTest
  @CsvSource({"1,1,1,1,4,4,2", "2,2,1,2,4,5,2", "1,1,2,1,5,4,3", "1,1,1,2,5,4,4"})
  void isThePlainOne(long n, long c, long m, long o, long h, long w, int s) {
    long[][] shapes = shapes(n, c, m, o, h, w, s);
    OperationContract.Expression folded = (tape, v) -> subPixel(v, s).folded(tape, v[0]);
    OperationContract.Expression plain = (tape, v) -> subPixel(v, s).plain(tape, v[0]);
    OperationContract.check(folded, shapes);
    assertClose(
        InFloat.output(folded, Devices.JUDGE, shapes),
        InFloat.output(plain, Devices.JUDGE, shapes));
    assertClose(
        InFloat.gradients(folded, Devices.JUDGE, shapes),
        InFloat.gradients(plain, Devices.JUDGE, shapes));
    InFloat.check(folded, shapes);
  }

  @Test
  void weightsHaveGradientsAlsoWhereTheInputWantsNone() {
    long[][] shapes = shapes(2, 3, 2, 2, 4, 5, 2);
    assertClose(
        InFloat.gradients(
            (tape, v) -> subPixel(v, 2).folded(tape, tape.constant(v[0].value())),
            Devices.JUDGE,
            shapes),
        InFloat.gradients(
            (tape, v) -> subPixel(v, 2).plain(tape, tape.constant(v[0].value())),
            Devices.JUDGE,
            shapes));
  }

  @ParameterizedTest
  @CsvSource({"1,32,32,3,48,48,2,true", "1,4,4,3,12,12,2,false", "1,64,64,3,3,48,2,false"})
  void isTakenWhereItSavesMultiplications(
      long n, long c, long m, long o, long h, long w, int s, boolean folds) {
    long[][] shapes = shapes(n, c, m, o, h, w, s);
    INDArray fastest =
        InFloat.output((tape, v) -> subPixel(v, s).upsample(tape, v[0]), Devices.FAST, shapes);
    INDArray plain =
        InFloat.output((tape, v) -> subPixel(v, s).plain(tape, v[0]), Devices.FAST, shapes);
    assertThat(fastest.equalsWithEps(plain, 0)).isNotEqualTo(folds);
  }

  private static SubPixel subPixel(Variable[] v, int s) {
    return new SubPixel(v[1], v[2], s, v[3], v[4]);
  }

  private static long[][] shapes(long n, long c, long m, long o, long h, long w, int s) {
    return new long[][] {{n, c, h, w}, {m * s * s, c, 3, 3}, {m * s * s}, {o, m, 3, 3}, {o}};
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    double scale = Math.max(1, expected.normmaxNumber().doubleValue());
    assertThat(actual.sub(expected).normmaxNumber().doubleValue()).isLessThan(1e-12 * scale);
  }
}
