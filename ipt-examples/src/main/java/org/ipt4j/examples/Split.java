package org.ipt4j.examples;

import java.io.IOException;
import java.util.Locale;
import java.util.function.IntUnaryOperator;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.UnreadableImageException;

/** Images to train on, and a few others, spread evenly, to test on. */
record Split(ImageSource training, ImageSource test) {
  /** Keeps {@code tests} of the images apart. */
  static Split of(ImageSource all, int tests) throws IOException {
    int stride = all.size() / tests;
    if (stride < 2) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected at least %d images, to keep %d for the test, got %d",
              2 * tests,
              tests,
              all.size()));
    }
    return new Split(
        new Part(all, all.size() - tests, i -> i + Math.min(tests, i / (stride - 1) + 1)),
        new Part(all, tests, i -> i * stride));
  }

  private record Part(ImageSource all, int size, IntUnaryOperator index) implements ImageSource {
    @Override
    public Image image(int i) throws UnreadableImageException {
      return all.image(index.applyAsInt(i));
    }

    @Override
    public String name(int i) {
      return all.name(index.applyAsInt(i));
    }
  }
}
