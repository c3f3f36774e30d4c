package org.ipt4j.cuda;

import java.util.List;
import org.ipt4j.core.Attention;
import org.ipt4j.core.ConvOps;
import org.ipt4j.core.Device;
import org.ipt4j.core.InFloat;
import org.ipt4j.core.OperationContract;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Variable;
import org.ipt4j.model.GoldenNetworkTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(longs = {2, 3, 64, 576, 1025})
  void layerNormOfTwoThatAreAdded(long d) {
    check(
        (tape, v) ->
            Ops.add(
                tape,
                Ops.layerNorm(tape, v[1], v[2], v[3]),
                Ops.relu(tape, Ops.operand(tape, v[1]))),
        new long[] {1},
        new long[] {1, 9, d},
        new long[] {d},
        new long[] {d});
  }
}
