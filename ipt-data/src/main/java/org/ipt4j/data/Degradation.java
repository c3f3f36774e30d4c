package org.ipt4j.data;

import java.util.random.RandomGenerator;

/**
 * Makes a degraded image of a clean one. Implementations keep nothing between calls: what comes out
 * is a pure function of the image and of what the generator gives, so one object serves many
 * threads. Those named in {@link #parse} are records, equal when they do the same.
 */
public interface Degradation {
  /**
   * The degraded image: of {@code clean}'s size, or for a scale s of ⌊H/s⌋×⌊W/s⌋, {@code clean}
   * being cut to a multiple of s at its right and bottom first. Values are within 0..255.
   */
  Image apply(Image clean, RandomGenerator random);

  /** How many times smaller the result's sides are. */
  default int scale() {
    return 1;
  }

  /**
   * How many clean pixels beyond its own place a degraded one depends on, at most; a training patch
   * is degraded with so many pixels around it and is then what it would be in the whole image.
   */
  default int margin() {
    return 0;
  }

  /** What {@link #parse} makes this of, in its shortest form; of your own: any text. */
  String name();

  /**
   * The degradation of that name, for instance {@code x2}, {@code denoise30}, {@code
   * denoise:sigma=0..50} or {@code derain:heavy}.
   *
   * @throws IllegalArgumentException if there is none, listing what there is
   */
  static Degradation parse(String name) {
    return Degradations.parse(name);
  }
}
