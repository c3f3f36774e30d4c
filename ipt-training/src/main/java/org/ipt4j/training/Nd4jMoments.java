package org.ipt4j.training;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.ipt4j.core.Array;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * An updater of ND4J's that has a learning rate, in ND4J's memory, to which all that it needs is
 * copied.
 */
final class Nd4jMoments implements Moments {
  private final IUpdater updater; // its learning rate is set at each step
  private final Map<ParameterLayout.Range, GradientUpdater<?>> updaters = new HashMap<>();
  private final Map<String, ParameterVector> vectors = new LinkedHashMap<>();

  Nd4jMoments(IUpdater updater, ParameterVector values) {
    this.updater = updater.clone();
    for (ParameterLayout.Range range : values.layout().ranges()) {
      int length = Math.toIntExact(updater.stateSize(range.length()));
      INDArray state = length == 0 ? null : row(new float[length]);
      updaters.put(range, this.updater.instantiate(state, false));
    }
    if (updater.stateSize(1) > 0) {
      updaters
          .get(values.layout().ranges().get(0))
          .getState()
          .keySet()
          .forEach(
              name -> vectors.put(name, ParameterVector.zeros(values.layout(), values.device())));
    }
  }

  @Override
  public Map<String, ParameterVector> vectors() {
    return vectors;
  }

  @Override
  public void move(
      ParameterLayout.Range range, double rate, int count, Array value, Array gradient) {
    updater.setLrAndSchedule(rate, null);
    GradientUpdater<?> own = updaters.get(range);
    vectors.forEach((name, vector) -> own.getState().get(name).assign(copy(vector.range(range))));
    INDArray update = copy(gradient);
    own.applyUpdater(update, count - 1, 0);
    write(update, gradient);
    value.device().subtract(value, gradient, value);
    vectors.forEach((name, vector) -> write(own.getState().get(name), vector.range(range)));
  }

  private static INDArray copy(Array x) {
    float[] numbers = new float[Math.toIntExact(x.length())];
    x.device().read(x, numbers, 0);
    return row(numbers);
  }

  private static void write(INDArray row, Array x) {
    x.device().write(row.dup().data().asFloat(), 0, x);
  }

  private static INDArray row(float[] numbers) {
    return Nd4j.createFromArray(numbers).reshape('c', 1, numbers.length);
  }
}
