package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The way back head by head, in float, judged by the plain one, which doubles take. */
class HeadGradientsTest {
  @Test
  void isTakenByFloatsOnly() {
    assertThat(HeadGradients.isPossible(Kernels.filled(DataType.FLOAT, 1, 2))).isTrue();
    assertThat(HeadGradients.isPossible(Kernels.filled(DataType.DOUBLE, 1, 2))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,5,2,3", "3,17,9,4,5", "1,33,4099,1,2", "2,256,256,3,48"})
  void isThePlainGradient(long n, long queries, long keys, int heads, long perHead) {
    long d = heads * perHead;
    assertSame(
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], heads),
        new long[] {n, queries, d},
        new long[] {n, keys, d},
        new long[] {n, keys, d});
  }

  @Test
  void ofOneVariableAndOfColumns() {
    assertSame((tape, v) -> Attention.attention(tape, v[0], v[0], v[0], 2), new long[] {2, 7, 6});
    assertSame(
        (tape, v) -> {
          Variable[] qkv = tape.split(Dense.scale(tape, v[0], 1.5), 0, 4, 8, 12);
          return Attention.attention(tape, qkv[0], qkv[1], qkv[2], 2);
        },
        new long[] {2, 3, 12});
    assertSame(
        (tape, v) -> {
          Variable[] parts = tape.split(Dense.scale(tape, v[0], 1.5), 0, 2, 6, 7);
          return Attention.attention(tape, parts[1], tape.constant(v[1].value()), v[1], 2);
        },
        new long[] {2, 3, 7},
        new long[] {2, 3, 4});
  }

  @Test
  void isTheSameToTheBitEachTime() {
    OperationContract.Operation attention =
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[0], 3);
    long[] shape = {3, 41, 27};
    Bits.assertSame(
        gradients(attention, DataType.FLOAT, shape, shape),
        gradients(attention, DataType.FLOAT, shape, shape));
  }

  private static void assertSame(OperationContract.Operation operation, long[]... shapes) {
    INDArray actual = gradients(operation, DataType.FLOAT, shapes).castTo(DataType.DOUBLE);
    INDArray expected = gradients(operation, DataType.DOUBLE, shapes);
    // float's 6e-8 through a few sums over tokens and columns
    double scale = Math.max(1, expected.normmaxNumber().doubleValue());
    assertThat(actual.sub(expected).normmaxNumber().doubleValue()).isLessThan(2e-5 * scale);
  }

  /** The gradients of sum(w ∘ y), added to 0.25, of inputs drawn alike for both types. */
  private static INDArray gradients(
      OperationContract.Operation operation, DataType type, long[]... shapes) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    for (int i = 0; i < shapes.length; i++) {
      builder.add("input" + i, Initializer.standardNormal(), shapes[i]);
    }
    ParameterVector values = ParameterVector.initialized(builder.build(), type, 3);
    ParameterVector gradients = ParameterVector.zeros(values.layout(), type);
    gradients.flat().assign(0.25);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable[] inputs =
          values.layout().parameters().stream().map(tape::parameter).toArray(Variable[]::new);
      Variable y = operation.apply(tape, inputs);
      INDArray w = OperationContract.weights(y.shape()).castTo(type);
      tape.backward(tape.record(tape.array(1).assign(1), dy -> y.receive(w), y));
    }
    return gradients.flat();
  }
}
