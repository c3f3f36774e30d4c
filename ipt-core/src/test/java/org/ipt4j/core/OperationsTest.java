package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Every operation against {@link OperationContract}, over sizes that are 1, odd and prime, and on
 * every device of floats against that. The test of a device elsewhere extends this.
 */
public class OperationsTest {
  /** Those whose floats are judged. */
  protected List<Device> devices() {
    return Devices.FLOATS;
  }

  /** Skips all where there is no such device. */
  @BeforeEach
  void devicesAreThere() {
    devices();
  }

  private void check(OperationContract.Expression expression, long[]... shapes) {
    OperationContract.check(expression, shapes);
    InFloat.check(devices(), expression, shapes);
    InFloat.checkKept(devices(), expression, shapes);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1", "2,3,5,7", "3,7,4,1"})
  void linear(long n, long s, long in, long out) {
    long[] x = {n, s, in};
    long[] w = {out, in};
    check((tape, v) -> Ops.linear(tape, v[0], v[1], v[2]), x, w, new long[] {out});
    check((tape, v) -> Ops.linear(tape, v[0], v[1], null), x, w);
  }

  @Test
  void productsLeaveWhatLiesBetweenTheirNumbers() {
    for (Device device : devices()) {
      Array numbers = device.array(2, 2);
      device.write(new float[] {1, 2, 3, 4}, 0, numbers);
      Array whole = device.filled(-1, 4, 4);
      Array out = whole.view(0, new long[] {2, 2}, new long[] {8, 2});
      device.matmul(numbers, numbers, 1, 0, out);
      assertThat(numbers(whole))
          .containsExactly(7, -1, 10, -1, -1, -1, -1, -1, 15, -1, 22, -1, -1, -1, -1, -1);
    }
  }

  @Test
  void reluKeepsWhatIsNotANumber() {
    for (Device device : devices()) {
      Array x = device.array(4);
      device.write(new float[] {Float.NaN, 1, -1, Float.POSITIVE_INFINITY}, 0, x);
      device.relu(x, x);
      assertThat(numbers(x)).containsExactly(Float.NaN, 1, 0, Float.POSITIVE_INFINITY);
    }
  }

  /** Where 1−β₂ came of a float, the square would be 1.3e-5 of itself too small. */
  @Test
  void adamTakesItsSharesBeforeTheyAreRounded() {
    for (Device device : devices()) {
      Array w = device.filled(0, 3);
      Array g = device.filled(1, 3);
      Array m = device.filled(0, 3);
      Array v = device.filled(0, 3);
      device.adam(new Adam(1e-3, 0.9, 0.999, 1e-8, 1), w, g, m, v);
      assertThat(numbers(m)[1]).isCloseTo(0.1f, within(1e-8f));
      assertThat(numbers(v)[1]).isCloseTo(0.001f, within(1e-10f));
      assertThat(numbers(w)[1]).isCloseTo(-0.001f, within(1e-10f));
    }
  }

  private static float[] numbers(Array x) {
    float[] numbers = new float[Math.toIntExact(x.length())];
    x.device().read(x, numbers, 0);
    return numbers;
  }

  @Test
  void linearOnto() {
    long[] x = {2, 3, 4};
    long[] r = {2, 3, 5};
    check(
        (tape, v) -> Ops.linearOnto(tape, v[0], v[1], v[2], v[3]),
        r,
        x,
        new long[] {5, 4},
        new long[] {5});
    check((tape, v) -> Ops.linearOnto(tape, v[0], v[1], v[2], null), r, x, new long[] {5, 4});
    check( // as around the first linear layer of the body
        (tape, v) -> Ops.linearOnto(tape, v[0], v[0], v[1], v[2]),
        x,
        new long[] {4, 4},
        new long[] {4});
  }

  @Test
  void linearRelu() {
    check(
        (tape, v) -> Ops.linearRelu(tape, v[0], v[1], v[2]),
        new long[] {2, 3, 5},
        new long[] {7, 5},
        new long[] {7});
  }

  @Test
  void linearWhoseInputIsItsWeight() {
    check((tape, v) -> Ops.linear(tape, v[0], v[0], null), new long[] {3, 3});
  }

  @Test
  void addAlsoToItself() {
    long[] shape = {2, 3, 5};
    check((tape, v) -> Ops.add(tape, v[0], v[1]), shape, shape);
    check((tape, v) -> Ops.add(tape, v[0], v[0]), shape);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "2,3,5", "5,2,3"})
  void addEmbedding(long n, long s, long d) {
    check((tape, v) -> Ops.addEmbedding(tape, v[0], v[1]), new long[] {n, s, d}, new long[] {s, d});
  }

  @Test
  void relu() {
    check((tape, v) -> Ops.relu(tape, v[0]), new long[] {2, 3, 7});
  }

  @Test
  void scale() {
    check((tape, v) -> Ops.scale(tape, v[0], -0.3), new long[] {2, 3});
  }

  @ParameterizedTest
  @CsvSource({"1,1,2", "2,3,5", "3,1,16"})
  void layerNorm(long n, long s, long d) {
    long[] row = {d};
    check((tape, v) -> Ops.layerNorm(tape, v[0], v[1], v[2]), new long[] {n, s, d}, row, row);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,3,2,3", "3,5,2,1,4", "1,2,7,3,1"})
  void attention(long n, long queries, long keys, int heads, long perHead) {
    long d = heads * perHead;
    check(
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], heads),
        new long[] {n, queries, d},
        new long[] {n, keys, d},
        new long[] {n, keys, d});
  }

  /** Trained networks have such scores; the keys are alike, so the result is the values' mean. */
  @ParameterizedTest
  @ValueSource(doubles = {-1e4, 1e4})
  void attentionWhoseScoresAreFarFromZero(double score) {
    for (Precision precision : Precision.values()) {
      Device device = precision == Precision.FLOAT ? Devices.FAST : Devices.JUDGE;
      Array q = device.filled(score, 1, 2, 1);
      Array k = device.filled(1, 1, 3, 1);
      Array v = device.filled(0, 1, 3, 1);
      device.write(new float[] {1, 2, 6}, 0, v);
      Array y = device.filled(0, 1, 2, 1);
      device.attention(new AttentionHeads(q, k, v, 1, 1), null, y);
      float[] means = new float[2];
      device.read(y, means, 0);
      assertThat(means).as(precision.name()).containsExactly(3f, 3f);
    }
  }

  @Test
  void attentionOfOneVariableAndOfColumns() {
    check((tape, v) -> Attention.attention(tape, v[0], v[0], v[0], 2), new long[] {2, 3, 4});
    check(
        (tape, v) -> {
          Variable[] qkv = tape.split(Ops.scale(tape, v[0], 1.5), 0, 4, 8, 12);
          return Attention.attention(tape, qkv[0], qkv[1], qkv[2], 2);
        },
        new long[] {2, 3, 12});
  }

  @Test
  void splitWhereOnlyOnePartIsUsed() {
    check(
        (tape, v) -> {
          Variable[] parts = tape.split(Ops.scale(tape, v[0], 1.5), 0, 2, 6, 7);
          return Attention.attention(tape, parts[1], v[1], v[1], 2);
        },
        new long[] {2, 3, 7},
        new long[] {2, 3, 4});
  }

  @Test
  void splitOfAParameter() {
    long[] x = {2, 3, 4};
    check( // in three parts, one of them used twice and one not at all
        (tape, v) -> {
          Variable[] w = tape.split(v[1], 0, 4, 8, 9);
          return Ops.add(
              tape,
              Ops.linear(tape, v[0], w[0], null),
              Ops.linear(tape, Ops.linear(tape, v[0], w[0], null), w[1], null));
        },
        x,
        new long[] {4, 9});
    OperationContract.Expression splitTwiceAndUsed =
        (tape, v) -> {
          Variable left = tape.split(v[1], 0, 1, 4)[1];
          Variable right = tape.split(v[1], 0, 3, 4)[0];
          Variable y = Ops.linear(tape, v[0], v[1], null);
          return Ops.add(
              tape,
              Ops.linear(tape, tape.split(Ops.relu(tape, y), 0, 3, 4)[0], left, null),
              Ops.linear(tape, tape.split(Ops.scale(tape, y, 2), 0, 3, 4)[0], right, null));
        };
    long[][] shapes = {{2, 4}, {4, 4}};
    OperationContract.check(splitTwiceAndUsed, shapes);
    InFloat.check(devices(), splitTwiceAndUsed, shapes);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1,3", "2,3,5,4,3,3", "2,2,3,7,5,5", "1,3,1,2,9,5"})
  void conv2d(long n, long in, long out, long h, long w, long k) {
    check(
        (tape, v) -> ConvOps.conv2d(tape, v[0], v[1], v[2]),
        new long[] {n, in, h, w},
        new long[] {out, in, k, k},
        new long[] {out});
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 5})
  void conv2dOfColumns(long k) {
    long[] b = {2};
    check(
        (tape, v) -> ConvOps.conv2d(tape, columns(tape, v[0], 4), v[1], v[2]),
        new long[] {2, 3, 5, 10},
        new long[] {2, 3, k, k},
        b);
    check(
        (tape, v) -> ConvOps.conv2d(tape, v[0], columns(tape, v[1], 2), v[2]),
        new long[] {2, 3, 5, 6},
        new long[] {2, 3, k, k + 2},
        b);
  }

  @Test
  void columnsOfAWiderArray() {
    long[] x = {3, 7};
    long[] part = {3, 5};
    INDArray target = OperationContract.weights(part);
    check(
        (tape, v) -> Ops.linear(tape, columns(tape, v[0], 2), columns(tape, v[1], 2), v[2]),
        x,
        new long[] {4, 7},
        new long[] {4});
    check(
        (tape, v) -> Ops.linearOnto(tape, columns(tape, v[0], 2), v[1], v[2], null),
        x,
        part,
        new long[] {5, 5});
    check((tape, v) -> Ops.add(tape, columns(tape, v[0], 2), v[1]), x, part);
    check((tape, v) -> Ops.relu(tape, columns(tape, v[0], 2)), x);
    check((tape, v) -> Ops.scale(tape, columns(tape, v[0], 2), -0.3), x);
    check((tape, v) -> Losses.l1(tape, columns(tape, v[0], 2), constant(tape, target)), x);
    check(
        (tape, v) -> Losses.charbonnier(tape, columns(tape, v[0], 2), constant(tape, target), 0.3),
        x);
  }

  @Test
  void whatTakesOnePieceOnlyRefusesColumns() {
    for (long[] x : new long[][] {{3, 7}, {2, 3, 7}}) {
      assertThatThrownBy(
              () ->
                  check(
                      (tape, v) -> Ops.layerNorm(tape, columns(tape, v[0], 2), v[1], v[2]),
                      x,
                      new long[] {5},
                      new long[] {5}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "layerNorm expects an array in one piece, got columns of a wider one")
          .hasMessageEndingWith("3, 5], at input2");
    }
  }

  /** The columns of 1.5 · x from {@code from} on. */
  private static Variable columns(Tape tape, Variable x, long from) {
    long last = x.size(x.shape().length - 1);
    return tape.split(Ops.scale(tape, x, 1.5), 0, from, last)[1];
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,2", "2,3,2,5,2", "2,1,3,1,3"})
  void pixelShuffle(long n, long c, long h, long w, int s) {
    check((tape, v) -> ConvOps.pixelShuffle(tape, v[0], s), new long[] {n, c * s * s, h, w});
  }

  @Test
  void conv2dOntoAlsoOntoItsInput() {
    long[] x = {2, 2, 3, 4};
    long[] w = {2, 2, 3, 3};
    long[] b = {2};
    check((tape, v) -> ConvOps.conv2dOnto(tape, v[0], v[1], v[2], v[3]), x, x, w, b);
    check((tape, v) -> ConvOps.conv2dOnto(tape, v[0], v[0], v[1], v[2]), x, w, b);
  }

  @Test
  void conv2dRelu() {
    check(
        (tape, v) -> ConvOps.conv2dRelu(tape, v[0], v[1], v[2]),
        new long[] {2, 2, 3, 4},
        new long[] {3, 2, 3, 3},
        new long[] {3});
  }

  @Test
  void shiftChannels() {
    INDArray shift = OperationContract.weights(new long[] {1, 3, 1, 1});
    check(
        (tape, v) -> ConvOps.shiftChannels(tape, v[0], constant(tape, shift)),
        new long[] {2, 3, 2, 5});
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,4,6,2", "2,1,9,3,3"})
  void unfoldAndFold(long n, long c, long h, long w, int p) {
    long[] image = {n, c, h, w};
    check((tape, v) -> TokenOps.unfold(tape, v[0], p), image);
    check(
        (tape, v) -> TokenOps.fold(tape, v[0], p, h, w), new long[] {n, h * w / p / p, c * p * p});
  }

  @Test
  void l1() {
    long[] shape = {2, 3, 5};
    INDArray target = OperationContract.weights(shape);
    check((tape, v) -> Losses.l1(tape, v[0], constant(tape, target)), shape);
  }

  @Test
  void charbonnier() {
    long[] shape = {2, 3, 5};
    INDArray target = OperationContract.weights(shape);
    check((tape, v) -> Losses.charbonnier(tape, v[0], constant(tape, target), 0.3), shape);
    ParameterVector none =
        ParameterVector.zeros(new ParameterLayout.Builder().range("all").build(), Devices.JUDGE);
    try (Tape tape = Tape.inference(none)) {
      Variable x = tape.input(new float[] {0, 4}, 0, 1, 2);
      Variable zero = tape.input(new float[2], 0, 1, 2);
      assertThat(tape.device().number(Losses.charbonnier(tape, x, zero, 3).value()))
          .as("(√(0 + 9) + √(16 + 9)) / 2")
          .isCloseTo(4, within(1e-12));
    }
  }

  @Test
  void batchesAreTheirSamples() {
    long[] tokens = {3, 4, 6};
    long[] row = {6};
    long[] image = {3, 4, 6, 4};
    OperationContract.checkBatches(
        1,
        (tape, v) -> Ops.linear(tape, v[0], v[1], v[2]),
        tokens,
        new long[] {5, 6},
        new long[] {5});
    OperationContract.checkBatches(2, (tape, v) -> Ops.add(tape, v[0], v[1]), tokens, tokens);
    OperationContract.checkBatches(
        1, (tape, v) -> Ops.addEmbedding(tape, v[0], v[1]), tokens, new long[] {4, 6});
    OperationContract.checkBatches(1, (tape, v) -> Ops.relu(tape, v[0]), tokens);
    OperationContract.checkBatches(1, (tape, v) -> Ops.scale(tape, v[0], 2), tokens);
    OperationContract.checkBatches(
        1, (tape, v) -> Ops.layerNorm(tape, v[0], v[1], v[2]), tokens, row, row);
    OperationContract.checkBatches(
        3, (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], 3), tokens, tokens, tokens);
    OperationContract.checkBatches(
        1,
        (tape, v) -> ConvOps.conv2d(tape, v[0], v[1], v[2]),
        image,
        new long[] {2, 4, 3, 3},
        new long[] {2});
    OperationContract.checkBatches(1, (tape, v) -> ConvOps.pixelShuffle(tape, v[0], 2), image);
    OperationContract.checkBatches(1, (tape, v) -> TokenOps.unfold(tape, v[0], 2), image);
    OperationContract.checkBatches(
        1, (tape, v) -> TokenOps.fold(tape, v[0], 2, 2, 8), new long[] {3, 4, 8});
  }

  @Test
  void attentionInManyGroupsOfSamples() {
    // two heads of 600·600 doubles a sample: more than half of a group's 8 MB
    long[] shape = {3, 600, 2};
    OperationContract.checkBatches(
        3, (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], 2), shape, shape, shape);
  }

  private static Variable constant(Tape tape, INDArray x) {
    return tape.constant(Devices.array(tape.device(), x));
  }
}
