package org.ipt4j.data.image;

/** The types of numbers that files have for the channels of a pixel. */
enum Samples {
  INTEGERS("integers"),
  SIGNED("signed integers"),
  FLOATING("floating point"),
  COMPLEX("complex numbers");

  private static final int MOST_BITS = 16;

  private final String words;

  Samples(String words) {
    this.words = words;
  }

  /** Refuses what does not fit in 8 or 16 bits; nobody knows which of its values is white. */
  void check(long bits) {
    if (this != INTEGERS || bits > MOST_BITS) {
      throw new IllegalArgumentException(
          "expected unsigned samples of up to "
              + MOST_BITS
              + " bits, got "
              + words
              + " of "
              + bits
              + " bits");
    }
  }
}
