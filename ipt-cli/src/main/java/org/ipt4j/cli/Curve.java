package org.ipt4j.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A figure over the steps of a run, for drawing: means over equal spans of steps, which widen as
 * the run goes on, so that there are never more than {@link #SPANS} of them.
 */
final class Curve {
  /** The most points. */
  static final int SPANS = 512;

  /**
   * The mean of what was added within one span.
   *
   * @param step the mean of the steps
   */
  record Point(double step, double value) {}

  private final double[] steps = new double[SPANS]; // sums, as are the values
  private final double[] values = new double[SPANS];
  private final int[] counts = new int[SPANS];
  private long width = 1; // of a span, in steps

  /** Adds a step's figure; what is not a number is left out. */
  void add(long step, double value) {
    if (Double.isFinite(value)) {
      while (step / width >= SPANS) {
        widen();
      }
      int span = (int) (step / width);
      steps[span] += step;
      values[span] += value;
      counts[span]++;
    }
  }

  private void widen() {
    for (int i = 0; i < SPANS / 2; i++) {
      steps[i] = steps[2 * i] + steps[2 * i + 1];
      values[i] = values[2 * i] + values[2 * i + 1];
      counts[i] = counts[2 * i] + counts[2 * i + 1];
    }
    Arrays.fill(steps, SPANS / 2, SPANS, 0);
    Arrays.fill(values, SPANS / 2, SPANS, 0);
    Arrays.fill(counts, SPANS / 2, SPANS, 0);
    width *= 2;
  }

  /** A point for each span that has any, in the order of steps. */
  List<Point> points() {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < SPANS; i++) {
      if (counts[i] > 0) {
        points.add(new Point(steps[i] / counts[i], values[i] / counts[i]));
      }
    }
    return points;
  }
}
