package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every operation against {@link OperationContract}, over sizes that are 1, odd and prime. */
class OperationsTest {
  @ParameterizedTest
  @CsvSource({"1,1,1,1", "2,3,5,7", "3,7,4,1"})
  void linear(long n, long s, long in, long out) {
    long[] x = {n, s, in};
    long[] w = {out, in};
    OperationContract.check(
        (tape, v) -> Dense.linear(tape, v[0], v[1], v[2]), x, w, new long[] {out});
    OperationContract.check((tape, v) -> Dense.linear(tape, v[0], v[1], null), x, w);
  }

  @Test
  void linearOnto() {
    long[] x = {2, 3, 4};
    long[] r = {2, 3, 5};
    OperationContract.check(
        (tape, v) -> Dense.linearOnto(tape, v[0], v[1], v[2], v[3]),
        r,
        x,
        new long[] {5, 4},
        new long[] {5});
    OperationContract.check(
        (tape, v) -> Dense.linearOnto(tape, v[0], v[1], v[2], null), r, x, new long[] {5, 4});
    OperationContract.check( // as around the first linear layer of the body
        (tape, v) -> Dense.linearOnto(tape, v[0], v[0], v[1], v[2]),
        x,
        new long[] {4, 4},
        new long[] {4});
  }

  @Test
  void linearRelu() {
    OperationContract.check(
        (tape, v) -> Dense.linearRelu(tape, v[0], v[1], v[2]),
        new long[] {2, 3, 5},
        new long[] {7, 5},
        new long[] {7});
  }

  @Test
  void linearWhoseInputIsItsWeight() {
    OperationContract.check((tape, v) -> Dense.linear(tape, v[0], v[0], null), new long[] {3, 3});
  }

  @Test
  void addAlsoToItself() {
    long[] shape = {2, 3, 5};
    OperationContract.check((tape, v) -> Dense.add(tape, v[0], v[1]), shape, shape);
    OperationContract.check((tape, v) -> Dense.add(tape, v[0], v[0]), shape);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "2,3,5", "5,2,3"})
  void addEmbedding(long n, long s, long d) {
    OperationContract.check(
        (tape, v) -> Dense.addEmbedding(tape, v[0], v[1]), new long[] {n, s, d}, new long[] {s, d});
  }

  @Test
  void relu() {
    OperationContract.check((tape, v) -> Dense.relu(tape, v[0]), new long[] {2, 3, 7});
  }

  @Test
  void scale() {
    OperationContract.check((tape, v) -> Dense.scale(tape, v[0], -0.3), new long[] {2, 3});
  }

  @ParameterizedTest
  @CsvSource({"1,1,2", "2,3,5", "3,1,16"})
  void layerNorm(long n, long s, long d) {
    long[] row = {d};
    OperationContract.check(
        (tape, v) -> Dense.layerNorm(tape, v[0], v[1], v[2]), new long[] {n, s, d}, row, row);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,3,2,3", "3,5,2,1,4", "1,2,7,3,1"})
  void attention(long n, long queries, long keys, int heads, long perHead) {
    long d = heads * perHead;
    OperationContract.check(
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], heads),
        new long[] {n, queries, d},
        new long[] {n, keys, d},
        new long[] {n, keys, d});
  }

  @Test
  void attentionOfOneVariableAndOfColumns() {
    OperationContract.check(
        (tape, v) -> Attention.attention(tape, v[0], v[0], v[0], 2), new long[] {2, 3, 4});
    OperationContract.check(
        (tape, v) -> {
          Variable[] qkv = tape.split(Dense.scale(tape, v[0], 1.5), 0, 4, 8, 12);
          return Attention.attention(tape, qkv[0], qkv[1], qkv[2], 2);
        },
        new long[] {2, 3, 12});
  }

  @Test
  void splitWhereOnlyOnePartIsUsed() {
    OperationContract.check(
        (tape, v) -> {
          Variable[] parts = tape.split(Dense.scale(tape, v[0], 1.5), 0, 2, 6, 7);
          return Attention.attention(tape, parts[1], v[1], v[1], 2);
        },
        new long[] {2, 3, 7},
        new long[] {2, 3, 4});
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1,3", "2,3,5,4,3,3", "2,2,3,7,5,5", "1,3,1,2,9,5"})
  void conv2d(long n, long in, long out, long h, long w, long k) {
    OperationContract.check(
        (tape, v) -> Convolution.conv2d(tape, v[0], v[1], v[2]),
        new long[] {n, in, h, w},
        new long[] {out, in, k, k},
        new long[] {out});
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,2", "2,3,2,5,2", "2,1,3,1,3"})
  void pixelShuffle(long n, long c, long h, long w, int s) {
    OperationContract.check(
        (tape, v) -> Convolution.pixelShuffle(tape, v[0], s), new long[] {n, c * s * s, h, w});
  }

  @Test
  void conv2dOntoAlsoOntoItsInput() {
    long[] x = {2, 2, 3, 4};
    long[] w = {2, 2, 3, 3};
    long[] b = {2};
    OperationContract.check(
        (tape, v) -> Convolution.conv2dOnto(tape, v[0], v[1], v[2], v[3]), x, x, w, b);
    OperationContract.check(
        (tape, v) -> Convolution.conv2dOnto(tape, v[0], v[0], v[1], v[2]), x, w, b);
  }

  @Test
  void conv2dRelu() {
    OperationContract.check(
        (tape, v) -> Convolution.conv2dRelu(tape, v[0], v[1], v[2]),
        new long[] {2, 2, 3, 4},
        new long[] {3, 2, 3, 3},
        new long[] {3});
  }

  @Test
  void shiftChannels() {
    INDArray shift = OperationContract.weights(new long[] {1, 3, 1, 1});
    OperationContract.check(
        (tape, v) -> Convolution.shiftChannels(tape, v[0], shift), new long[] {2, 3, 2, 5});
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,4,6,2", "2,1,9,3,3"})
  void unfoldAndFold(long n, long c, long h, long w, int p) {
    long[] image = {n, c, h, w};
    OperationContract.check((tape, v) -> Tokens.unfold(tape, v[0], p), image);
    OperationContract.check(
        (tape, v) -> Tokens.fold(tape, v[0], p, h, w), new long[] {n, h * w / p / p, c * p * p});
  }

  @Test
  void l1() {
    long[] shape = {2, 3, 5};
    INDArray target = OperationContract.weights(shape);
    OperationContract.check((tape, v) -> Losses.l1(tape, v[0], target), shape);
  }

  @Test
  void charbonnier() {
    long[] shape = {2, 3, 5};
    INDArray target = OperationContract.weights(shape);
    OperationContract.check((tape, v) -> Losses.charbonnier(tape, v[0], target, 0.3), shape);
    ParameterVector none =
        ParameterVector.zeros(new ParameterLayout.Builder().range("all").build(), DataType.DOUBLE);
    try (Tape tape = Tape.inference(none)) {
      Variable x = tape.constant(tape.array(1, 2).assign(0).putScalar(1, 4.0));
      INDArray zero = tape.array(1, 2).assign(0);
      assertThat(Losses.charbonnier(tape, x, zero, 3).value().getDouble(0))
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
        (tape, v) -> Dense.linear(tape, v[0], v[1], v[2]),
        tokens,
        new long[] {5, 6},
        new long[] {5});
    OperationContract.checkBatches(2, (tape, v) -> Dense.add(tape, v[0], v[1]), tokens, tokens);
    OperationContract.checkBatches(
        1, (tape, v) -> Dense.addEmbedding(tape, v[0], v[1]), tokens, new long[] {4, 6});
    OperationContract.checkBatches(1, (tape, v) -> Dense.relu(tape, v[0]), tokens);
    OperationContract.checkBatches(1, (tape, v) -> Dense.scale(tape, v[0], 2), tokens);
    OperationContract.checkBatches(
        1, (tape, v) -> Dense.layerNorm(tape, v[0], v[1], v[2]), tokens, row, row);
    OperationContract.checkBatches(
        3, (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], 3), tokens, tokens, tokens);
    OperationContract.checkBatches(
        1,
        (tape, v) -> Convolution.conv2d(tape, v[0], v[1], v[2]),
        image,
        new long[] {2, 4, 3, 3},
        new long[] {2});
    OperationContract.checkBatches(1, (tape, v) -> Convolution.pixelShuffle(tape, v[0], 2), image);
    OperationContract.checkBatches(1, (tape, v) -> Tokens.unfold(tape, v[0], 2), image);
    OperationContract.checkBatches(
        1, (tape, v) -> Tokens.fold(tape, v[0], 2, 2, 8), new long[] {3, 4, 8});
  }

  @Test
  void attentionInManyGroupsOfSamples() {
    // two heads of 600·600 doubles a sample: more than half of a group's 8 MB
    long[] shape = {3, 600, 2};
    OperationContract.checkBatches(
        3, (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], 2), shape, shape, shape);
  }
}
