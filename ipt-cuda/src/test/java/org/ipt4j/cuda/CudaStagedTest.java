package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Staged;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On the emulator and, where there is one, on a card. */
class CudaStagedTest {
  private enum On {
    EMULATOR,
    CARD;

    Device device() {
      return this == CARD
          ? TestDevices.card(Arithmetic.FLOAT32)
          : TestDevices.emulated(Arithmetic.FLOAT32);
    }

    int length() {
      return this == CARD ? 9_000_001 : 1001; // a card's buffers have 4 million
    }
  }

  private static float[] numbers(int length, int seed) {
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = i % 1000 + seed;
    }
    return numbers;
  }

  private static float[] read(Array x) {
    float[] numbers = new float[(int) x.length()];
    x.device().read(x, numbers, 0);
    return numbers;
  }

  @ParameterizedTest
  @EnumSource
  void partsAreWhatWasStaged(On on) {
    Device device = on.device();
    float[] numbers = numbers(on.length(), 3);
    float[] kept = numbers.clone();
    Staged staged = device.stage(numbers);
    Arrays.fill(numbers, -1); // the array is the caller's again

    Array first = staged.array(0, 5, 100);
    device.scale(first, 2, first);
    Array last = staged.array(500, on.length() - 500);

    assertThat(read(last)).isEqualTo(Arrays.copyOfRange(kept, 500, on.length()));
    for (int i = 0; i < 500; i++) {
      kept[i] *= 2;
    }
    assertThat(read(first)).isEqualTo(Arrays.copyOf(kept, 500));
    assertThatThrownBy(() -> staged.array(2, on.length() - 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    staged.close();
    staged.close();
    assertThatThrownBy(() -> staged.array(0, 1)).isInstanceOf(IllegalStateException.class);
  }

  /** Each is read after others have taken the memory of those before. */
  @ParameterizedTest
  @EnumSource
  void threadsStageWhileOthersAreRead(On on) throws InterruptedException, ExecutionException {
    Device device = on.device();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Staged>> ahead = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int seed = i;
        ahead.add(threads.submit(() -> device.stage(numbers(on.length() - seed, seed))));
        if (i >= 6) {
          check(device, ahead.get(i - 6).get(), on.length(), i - 6);
        }
      }
      for (int i = 34; i < 40; i++) {
        check(device, ahead.get(i).get(), on.length(), i);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** The sum is queued, with the numbers scaled in place, and read when the memory is others'. */
  private static void check(Device device, Staged staged, int length, int seed) {
    int count = length - seed;
    Array sum = device.permanent(1, 1);
    try (staged) {
      Array x = staged.array(0, 1, count);
      device.scale(x, 0.5, x);
      device.sumRows(x, 1.0 / count, sum);
    }
    double expected = 0;
    for (float number : numbers(count, seed)) {
      expected += 0.5 * number / count;
    }
    assertThat(device.number(sum)).isCloseTo(expected, withinPercentage(0.01));
  }

  @ParameterizedTest
  @EnumSource
  void squaresOfManyArraysAreSummed(On on) {
    Device device = on.device();
    List<Array> arrays =
        Stream.iterate(1, i -> i + 1)
            .limit(35)
            .map(i -> device.array(numbers(100 * i, i), 0, 100 * i))
            .toList();
    double expected = arrays.stream().mapToDouble(device::squareSum).sum();
    assertThat(expected).isPositive();
    assertThat(device.squareSum(arrays)).isCloseTo(expected, withinPercentage(1e-9));
  }

  @ParameterizedTest
  @EnumSource
  void meansStayOnTheDevice(On on) {
    Device device = on.device();
    for (int length : new int[] {1, 300, on.length()}) {
      Array x = device.array(numbers(length, -400), 0, length);
      Array mean = device.permanent(1);
      device.absoluteMean(x, mean);
      assertThat(device.number(mean))
          .isCloseTo(device.absoluteSum(x) / length, withinPercentage(1e-5));

      device.scale(x, mean, 4, x);
      double first = device.number(mean) / 4 * -400;
      assertThat((double) read(x)[0]).isCloseTo(first, withinPercentage(1e-4));
    }
  }
}
