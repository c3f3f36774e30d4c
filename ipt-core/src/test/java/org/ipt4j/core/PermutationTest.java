package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** {@link Kernels#permute} against ND4J's. */
class PermutationTest {
  @ParameterizedTest
  @CsvSource({
    "2 3 4, 0 2 1",
    "5 3 2 2 4 6, 0 1 4 2 5 3",
    "3 4 5 2 5 2, 0 2 4 1 3 5",
    "1 7, 0 1",
    "4 1 3 1, 0 3 2 1"
  })
  void isWhatNd4jSees(String sizes, String order) {
    long[] shape = numbers(sizes).asLongStream().toArray();
    int[] axes = numbers(order).toArray();
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      INDArray x = Nd4j.arange(length).castTo(type).reshape('c', shape);
      INDArray expected = x.permute(axes).dup('c');
      INDArray y = Nd4j.createUninitialized(type, length);

      Kernels.permute(x, y, axes);

      Bits.assertSame(y, expected.ravel());
    }
  }

  @Test
  void takesAndFillsViews() {
    INDArray x = Nd4j.arange(40).castTo(DataType.FLOAT);
    INDArray y = Nd4j.zeros(DataType.FLOAT, 40);

    Kernels.permute(
        Kernels.view(x, 10, new long[] {2, 2, 3}, new long[] {6, 3, 1}),
        Kernels.view(y, 20, new long[] {12}, new long[] {1}),
        0,
        2,
        1);

    assertThat(y.toFloatVector())
        .startsWith(new float[20])
        .endsWith(new float[8])
        .containsSubsequence(10, 13, 11, 14, 12, 15, 16, 19, 17, 20, 18, 21);
  }

  private static IntStream numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt);
  }
}
