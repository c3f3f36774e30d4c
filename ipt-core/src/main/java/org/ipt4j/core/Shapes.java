package org.ipt4j.core;

import java.util.Arrays;
import java.util.Locale;

/** Shape checks that operations make before they compute. */
final class Shapes {
  private Shapes() {}

  /**
   * Checks that the last axes of {@code x} are {@code expected}; −1 stands for any number of axes
   * before.
   */
  static void check(Tape tape, String operation, Variable x, long... expected) {
    long[] shape = x.shape();
    boolean open = expected[0] == -1;
    int wanted = open ? expected.length - 1 : expected.length;
    boolean fits = open ? shape.length > wanted : shape.length == wanted;
    for (int i = 1; fits && i <= wanted; i++) {
      fits = shape[shape.length - i] == expected[expected.length - i];
    }
    if (!fits) {
      String axes = Arrays.toString(expected).replace("[-1", "[...");
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s expects %s, got %s, at %s",
              operation,
              axes,
              Arrays.toString(shape),
              tape.place()));
    }
  }

  static void checkEqual(Tape tape, String operation, Variable a, Variable b) {
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s expects equal shapes, got %s and %s, at %s",
              operation,
              Arrays.toString(a.shape()),
              Arrays.toString(b.shape()),
              tape.place()));
    }
  }

  /** Checks that {@code bounds} cut the last axis of {@code x} into parts, none of them empty. */
  static void checkBounds(Tape tape, Variable x, long... bounds) {
    long[] shape = x.shape();
    boolean fit =
        bounds.length > 1 && bounds[0] == 0 && bounds[bounds.length - 1] == shape[shape.length - 1];
    for (int i = 1; i < bounds.length; i++) {
      fit &= bounds[i] > bounds[i - 1];
    }
    if (!fit) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "split expects rising bounds from 0 to the last axis's length, got %s for %s, at %s",
              Arrays.toString(bounds),
              Arrays.toString(shape),
              tape.place()));
    }
  }

  /** Checks that {@code x} is no part of a wider array. */
  static void checkOnePiece(Tape tape, String operation, Variable x) {
    if (!x.value().isRowByRow()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s expects an array in one piece, got columns of a wider one, %s, at %s",
              operation,
              x.value(),
              tape.place()));
    }
  }
}
