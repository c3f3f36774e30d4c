package org.ipt4j.ui;

import org.ipt4j.core.Array;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;

/**
 * How large a range's values are and how far the last step moved them, judged by some thousands of
 * them, evenly spread.
 */
final class SampledValues {
  private static final long MOST = 10_000;

  private final Array view;
  private final Array copy; // in one piece
  private float[] values;
  private double update = Double.NaN; // in the last step that moved the range

  SampledValues(ParameterVector vector, ParameterLayout.Range range) {
    long stride = (range.length() + MOST - 1) / MOST;
    long count = (range.length() + stride - 1) / stride;
    view = vector.flat().view(range.offset(), new long[] {count}, new long[] {stride});
    copy = vector.device().permanent(count);
    values = read();
  }

  private float[] read() {
    float[] numbers = new float[(int) copy.length()];
    copy.device().copy(view, copy);
    copy.device().read(copy, numbers, 0);
    return numbers;
  }

  /** To be called after each step. */
  void stepDone() {
    float[] before = values;
    values = read();
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += Math.abs(values[i] - before[i]);
    }
    if (sum > 0) {
      update = sum / values.length;
    }
  }

  /** Whether a step has moved the range yet. */
  boolean moved() {
    return !Double.isNaN(update);
  }

  /** The mean of the values' magnitudes. */
  double parameterMagnitude() {
    double sum = 0;
    for (float value : values) {
      sum += Math.abs(value);
    }
    return sum / values.length;
  }

  /** The mean magnitude of the changes in the last step that moved the range. */
  double updateMagnitude() {
    return update;
  }
}
