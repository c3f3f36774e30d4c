package org.ipt4j.data;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Small images for tests. */
final class Images {
  private Images() {}

  static Image constant(int height, int width, float value) {
    float[] pixels = new float[3 * height * width];
    Arrays.fill(pixels, value);
    return new Image(height, width, pixels);
  }

  static Image noise(int height, int width, RandomGenerator random) {
    byte[] pixels = new byte[3 * height * width];
    random.nextBytes(pixels);
    return Image.ofBytes(height, width, pixels);
  }
}
