package org.ipt4j.examples;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImagePair;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.PairSource;
import org.ipt4j.data.UnreadableImageException;

/**
 * Which images to train on, and which few others, spread evenly, to test on: their numbers.
 *
 * @param training in rising order
 * @param test in rising order
 */
record Split(int[] training, int[] test) {
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

  /** Some of the images of a source. */
  record Images(ImageSource all, int... numbers) implements ImageSource {
    @Override
    public int size() {
      return numbers.length;
    }

    @Override
    public Image image(int i) throws UnreadableImageException {
      return all.image(numbers[i]);
    }

    @Override
    public String name(int i) {
      return all.name(numbers[i]);
    }
  }

  /** Some of the pairs of a source. */
  record Pairs(PairSource all, int... numbers) implements PairSource {
    @Override
    public int size() {
      return numbers.length;
    }

    @Override
    public int scale() {
      return all.scale();
    }

    @Override
    public ImagePair pair(int i) throws UnreadableImageException {
      return all.pair(numbers[i]);
    }

    @Override
    public String name(int i) {
      return all.name(numbers[i]);
    }
  }
}
