package org.ipt4j.ui;

import java.util.Arrays;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How large a range's values are and how far the last step moved them, judged by some thousands of
 * them, evenly spread.
 */
final class SampledValues {
  private static final long MOST = 10_000;

  private final INDArray view;
  private double[] values;
  private double update = Double.NaN; // in the last step that moved the range

  SampledValues(ParameterVector vector, ParameterLayout.Range range) {
    long stride = (range.length() + MOST - 1) / MOST;
    long count = (range.length() + stride - 1) / stride;
    view = Kernels.view(vector.flat(), range.offset(), new long[] {count}, new long[] {stride});
    values = read();
  }

  private double[] read() {
    INDArray copy = view.dup();
    try {
      return copy.data().asDouble();
    } finally {
      copy.close();
    }
  }

  /** To be called after each step. */
  void stepDone() {
    double[] before = values;
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
    return Arrays.stream(values).map(Math::abs).average().orElseThrow();
  }

  /** The mean magnitude of the changes in the last step that moved the range. */
  double updateMagnitude() {
    return update;
  }
}
