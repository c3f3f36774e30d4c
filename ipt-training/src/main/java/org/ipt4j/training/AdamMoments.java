package org.ipt4j.training;

import java.util.LinkedHashMap;
import java.util.Map;
import org.ipt4j.core.Array;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Adam on the device of the values, as published (Kingma and Ba, 2015, algorithm 1). ND4J's own
 * adds ε to √v where that and PyTorch add it to √(v/(1−β₂ᵗ)): in the first steps 30 times as much,
 * which shows in parameters with small gradients.
 */
final class AdamMoments implements Moments {
  private final Adam adam;
  private final ParameterVector means;
  private final ParameterVector squares;

  AdamMoments(Adam adam, ParameterVector values) {
    this.adam = adam;
    means = ParameterVector.zeros(values.layout(), values.device());
    squares = ParameterVector.zeros(values.layout(), values.device());
  }

  @Override
  public Map<String, ParameterVector> vectors() {
    Map<String, ParameterVector> vectors = new LinkedHashMap<>();
    vectors.put("M", means);
    vectors.put("V", squares);
    return vectors;
  }

  @Override
  public void move(
      ParameterLayout.Range range, double rate, int count, Array value, Array gradient) {
    org.ipt4j.core.Adam step =
        new org.ipt4j.core.Adam(rate, adam.getBeta1(), adam.getBeta2(), adam.getEpsilon(), count);
    value.device().adam(step, value, gradient, means.range(range), squares.range(range));
  }
}
