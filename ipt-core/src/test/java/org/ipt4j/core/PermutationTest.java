package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link Device#permute} against ND4J's. */
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
    for (Device device : Devices.FLOATS) {
      Array x = device.array(counted((int) Array.length(shape)), 0, shape);
      INDArray expected = Devices.nd(x).permute(axes).dup('c');
      Array y = device.array(x.length());

      device.permute(x, y, axes);

      Bits.assertSame(Devices.nd(y), expected.ravel());
    }
  }

  @Test
  void takesAndFillsViews() {
    for (Device device : Devices.FLOATS) {
      Array x = device.array(counted(40), 0, 40);
      Array y = device.filled(0, 40);

      device.permute(
          x.view(10, new long[] {2, 2, 3}, new long[] {6, 3, 1}),
          y.view(20, new long[] {12}, new long[] {1}),
          0,
          2,
          1);

      assertThat(Devices.nd(y).toFloatVector())
          .startsWith(new float[20])
          .endsWith(new float[8])
          .containsSubsequence(10, 13, 11, 14, 12, 15, 16, 19, 17, 20, 18, 21);
    }
  }

  private static float[] counted(int length) {
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = i;
    }
    return numbers;
  }

  private static IntStream numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt);
  }
}
