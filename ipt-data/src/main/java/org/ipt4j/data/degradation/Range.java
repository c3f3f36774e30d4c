package org.ipt4j.data.degradation;

import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Numbers from {@code low} to {@code high}, drawn uniformly; written {@code 5} or {@code 0..50}.
 */
record Range(double low, double high) {
  Range {
    if (!(low <= high)) {
      throw new IllegalArgumentException(
          "a range runs from low to high, got " + text(low) + ".." + text(high));
    }
  }

  static Range of(double value) {
    return new Range(value, value);
  }

  static Range parse(String text) {
    int dots = text.indexOf("..");
    return dots < 0
        ? of(Double.parseDouble(text))
        : new Range(
            Double.parseDouble(text.substring(0, dots)),
            Double.parseDouble(text.substring(dots + 2)));
  }

  boolean includes(Range other) {
    return low <= other.low && other.high <= high;
  }

  /**
   * Draws a number. It asks the generator even if only one number is possible, so that later draws
   * stay the same.
   */
  double draw(RandomGenerator random) {
    return low + (high - low) * random.nextDouble();
  }

  /** Draws an integer, both ends included. */
  int drawWhole(RandomGenerator random) {
    return (int) low + random.nextInt((int) high - (int) low + 1);
  }

  void check(String what, double least, double most) {
    if (low < least || high > most) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s lies within %s..%s, got %s", what, text(least), text(most), this));
    }
  }

  void checkWhole(String what, int least, int most) {
    check(what, least, most);
    if (low != Math.rint(low) || high != Math.rint(high)) {
      throw new IllegalArgumentException(what + " is a whole number, got " + this);
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  @Override
  public String toString() {
    return low == high ? text(low) : text(low) + ".." + text(high);
  }
}
