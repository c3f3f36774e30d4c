package org.ipt4j.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Which images to train on, and which few others, spread evenly, to test on: their numbers.
 *
 * @param training in rising order
 * @param test in rising order
 */
public record Split(int[] training, int[] test) {
  /** Keeps {@code tests} of {@code size} images apart. */
  static Split of(int size, int tests) {
    if (size < 2 * tests) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected at least %d images, to keep %d for the test, got %d",
              2 * tests,
              tests,
              size));
    }
    int[] test = spread(size, tests);
    return new Split(
        IntStream.range(0, size).filter(i -> Arrays.binarySearch(test, i) < 0).toArray(), test);
  }

  /** At most {@code count} numbers below {@code size}, spread evenly. */
  static int[] spread(int size, int count) {
    return count >= size
        ? IntStream.range(0, size).toArray()
        : IntStream.range(0, count).map(i -> size / count * i).toArray();
  }
}
