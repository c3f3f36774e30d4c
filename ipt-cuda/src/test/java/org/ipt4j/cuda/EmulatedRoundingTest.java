package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.ipt4j.core.Attention;
import org.ipt4j.core.ConvOps;
import org.ipt4j.core.Device;
import org.ipt4j.core.InFloat;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.Losses;
import org.ipt4j.core.OperationContract;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Precision;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.model.GoldenNetworkTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The whole network whose products round their factors, on the processor. */
class EmulatedRoundingTest extends GoldenNetworkTest {
  private static final Device BF16 = TestDevices.emulated(Arithmetic.BF16);
  private static final Device TF32 = TestDevices.emulated(Arithmetic.TF32);

  @Override
  protected List<Device> devices() {
    return List.of(TF32, BF16);
  }

  /** Of a number: of bfloat16 and of TF32, to the nearest. */
  private static double rounding(Device device) {
    return device == BF16 ? Math.pow(2, -9) : Math.pow(2, -11);
  }

  /**
   * About 64 roundings lie one after another on the way through the four layers and back; as chance
   * has it, they add up like the root of their number, and the largest of thousands of errors is
   * some times that. A gradient of the L1 loss is a sum of signs, some of which they turn, and
   * ReLUs open or shut: its error is larger by a factor.
   */
  @Override
  protected Tolerance tolerance(Device device, double range) {
    double rounding = Math.sqrt(64) * rounding(device);
    return new Tolerance(range * 2.5 * rounding, rounding, 40 * rounding);
  }

  /** Some roundings lie one after another, and the largest sums are larger than 1. */
  private void check(OperationContract.Expression expression, long[]... shapes) {
    for (Device device : devices()) {
      InFloat.check(List.of(device), 6 * rounding(device), expression, shapes);
    }
    InFloat.checkKept(devices(), expression, shapes);
  }

  /** The kernels' variants by the number of outputs. */
  @ParameterizedTest
  @ValueSource(longs = {1, 9, 17, 25, 33, 41, 49, 57, 65})
  void conv2d(long out) {
    check(
        (tape, v) -> ConvOps.conv2d(tape, v[1], v[2], v[3]),
        new long[] {1},
        new long[] {2, 5, 3, 7},
        new long[] {out, 5, 3, 3},
        new long[] {out});
    check(
        (tape, v) -> ConvOps.conv2dRelu(tape, v[0], v[1], v[2]),
        new long[] {1, out, 3, 4},
        new long[] {17, out, 3, 3},
        new long[] {17});
  }

  @ParameterizedTest
  @CsvSource({"2,3,5,2,7", "1,40,33,1,20", "1,3,2,1,130"})
  void attention(long n, long queries, long keys, int heads, long perHead) {
    long d = heads * perHead;
    check(
        (tape, v) -> {
          Variable q = Ops.operand(tape, v[1]);
          Variable k = Ops.operand(tape, v[2]);
          return Attention.attention(tape, q, k, Ops.operand(tape, v[3]), heads);
        },
        new long[] {1},
        new long[] {n, queries, d},
        new long[] {n, keys, d},
        new long[] {n, keys, d});
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "5,3,7", "40,36,8"})
  void linear(long rows, long in, long out) {
    long[][] shapes = {{1}, {1, rows, in}, {out, in}, {out}, {1, rows, out}};
    check((tape, v) -> Ops.linear(tape, Ops.operand(tape, v[1]), v[2], v[3]), shapes);
    check((tape, v) -> Ops.linearOnto(tape, v[4], Ops.operand(tape, v[1]), v[2], v[3]), shapes);
  }

  /**
   * Gains are far from 0, for it is y that is rounded, and x̂ = (y − bias) / gain; rows are longer
   * than two, whose x̂ are 1 and −1 and whose gradient is what cancels.
   */
  @ParameterizedTest
  @ValueSource(longs = {3, 4, 64, 576, 1025})
  void layerNormOfTwoThatAreAdded(long d) {
    check(
        (tape, v) -> {
          Variable ones = tape.constant(tape.device().filled(1, d));
          Variable gain = Ops.add(tape, Ops.scale(tape, v[2], 0.2), ones);
          return Ops.add(
              tape, Ops.layerNorm(tape, v[1], gain, v[3]), Ops.relu(tape, Ops.operand(tape, v[1])));
        },
        new long[] {1},
        new long[] {1, 9, d},
        new long[] {d},
        new long[] {d});
  }

  /** The rounding of y, up to 2⁻⁹ of a bias of about 1, is divided by the gain. */
  @ParameterizedTest
  @CsvSource({"1, 0.01", "0.1, 0.04"})
  void gainsSmallerThanTheirBiasesHaveLessExactGradients(double gain, double error) {
    int d = 64;
    INDArray exact = gradientOfGain(Device.of(Precision.FLOAT), d, gain);
    for (Device device : devices()) {
      INDArray some = gradientOfGain(device, d, gain);
      assertThat(some.distance2(exact) / exact.norm2Number().doubleValue()).isLessThan(error);
    }
  }

  private static INDArray gradientOfGain(Device device, int d, double gain) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    Parameter gains = builder.add("gain", Initializer.constant((float) gain), d);
    Parameter biases = builder.add("bias", Initializer.standardNormal(), d);
    Parameter x = builder.add("x", Initializer.standardNormal(), 9, d);
    ParameterVector values = ParameterVector.initialized(builder.build(), device, 1);
    ParameterVector gradients = ParameterVector.zeros(values.layout(), device);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable y =
          Ops.layerNorm(tape, tape.parameter(x), tape.parameter(gains), tape.parameter(biases));
      float[] zeros = new float[9 * d];
      tape.backward(Losses.l1(tape, y, tape.input(zeros, 0, 9, d)));
    }
    return Nd4j.createFromArray(gradients.read(gains));
  }

  /** x̂ is at most √D; the rounding of y alone, divided by the gain, would be up to 1e30 of it. */
  @ParameterizedTest
  @CsvSource({"4, 1e-30", "1025, 1e-30", "4, 0"})
  void gainsOfNearlyNothingGiveGradientsOfBounds(int d, double gain) {
    for (Device device : devices()) {
      for (float one : gradientOfGain(device, d, gain).toFloatVector()) {
        assertThat(Math.abs(one))
            .as("%s of %s", device, gain)
            .isLessThan(1.01f / (float) Math.sqrt(d));
      }
    }
  }
}
