package org.ipt4j.training;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.AdamPass;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * One of ND4J's updaters, applied to ranges of the flat vector; Adam as an {@link AdamPass} where
 * that is possible. A range moves, and counts its steps, only when it is asked to, so that a task's
 * parameters rest while other tasks train. The learning rate's schedule is read at the run's step.
 */
final class Optimizer {
  private final IUpdater schedule;
  private final IUpdater updater; // its learning rate is set at each step
  private final double weightDecay;
  private final ParameterVector values;
  private final ParameterVector gradients;
  private final INDArray state; // each range's moments side by side; null if the updater has none
  private final Map<ParameterLayout.Range, GradientUpdater<?>> updaters = new LinkedHashMap<>();
  private final Map<ParameterLayout.Range, Integer> counts = new LinkedHashMap<>();

  Optimizer(
      IUpdater updater, double weightDecay, ParameterVector values, ParameterVector gradients) {
    this.schedule = updater;
    this.weightDecay = weightDecay;
    this.updater = updater.clone();
    this.values = values;
    this.gradients = gradients;
    int perParameter = Math.toIntExact(updater.stateSize(1));
    long length = values.layout().length() * perParameter;
    state = perParameter == 0 ? null : Kernels.filled(values.type(), 0, length);
    for (ParameterLayout.Range range : values.layout().ranges()) {
      INDArray part =
          perParameter == 0
              ? null
              : row(state, range.offset() * perParameter, range.length() * perParameter);
      updaters.put(range, this.updater.instantiate(part, false));
      counts.put(range, 0);
    }
  }

  /** The learning rate at a run's step. */
  double learningRate(long step) {
    return schedule.getLearningRate(Math.toIntExact(step), 0);
  }

  /** Moves the values of {@code ranges} against their gradients, which it may overwrite. */
  void update(List<ParameterLayout.Range> ranges, long step) {
    double rate = learningRate(step);
    updater.setLrAndSchedule(rate, null);
    for (ParameterLayout.Range range : ranges) {
      if (weightDecay > 0) {
        shrink(range, 1 - rate * weightDecay);
      }
      int count = counts.merge(range, 1, Integer::sum);
      INDArray value = row(values.flat(), range.offset(), range.length());
      INDArray gradient = row(gradients.flat(), range.offset(), range.length());
      if (schedule.getClass() == Adam.class && AdamPass.takes(value)) {
        pass((Adam) schedule, rate, count).run(value, gradient, moment(range, 0), moment(range, 1));
      } else {
        placeEpsilon(count);
        updaters.get(range).applyUpdater(gradient, count - 1, 0);
        value.subi(gradient);
      }
    }
  }

  private static AdamPass pass(Adam adam, double rate, int count) {
    return new AdamPass(rate, adam.getBeta1(), adam.getBeta2(), adam.getEpsilon(), count);
  }

  /** The mean of a range's gradients (0) or of their squares (1), as ND4J's Adam places them. */
  private INDArray moment(ParameterLayout.Range range, int which) {
    return row(state, 2 * range.offset() + which * range.length(), range.length());
  }

  private void shrink(ParameterLayout.Range range, double factor) {
    for (Parameter parameter : values.layout().parameters()) {
      if (range.contains(parameter) && parameter.shape().length > 1) {
        values.view(parameter).muli(factor);
      }
    }
  }

  /**
   * ND4J's Adam adds ε to √v where the published algorithm (Kingma and Ba, 2015, algorithm 1) and
   * PyTorch add it to √(v/(1−β₂ᵗ)): in the first steps 30 times as much, which shows in parameters
   * with small gradients.
   */
  private void placeEpsilon(int count) {
    if (updater instanceof Adam adam) {
      double published = ((Adam) schedule).getEpsilon();
      adam.setEpsilon(published * Math.sqrt(1 - Math.pow(adam.getBeta2(), count)));
    }
  }

  /**
   * The moments by ND4J's name of each and the parameter's: {@code M.body.linear_encoding.bias} and
   * {@code V.…} of Adam; none if the updater has none.
   */
  Map<String, SavedNumbers.OfParameter> moments() {
    Map<String, SavedNumbers.OfParameter> moments = new LinkedHashMap<>();
    updaters.forEach(
        (range, own) ->
            own.getState()
                .forEach(
                    (name, numbers) -> {
                      for (Parameter parameter : values.layout().parameters()) {
                        if (range.contains(parameter)) {
                          moments.put(
                              name + "." + parameter.name(),
                              new SavedNumbers.OfParameter(
                                  parameter.shape(),
                                  rows -> range.read(numbers, parameter, rows),
                                  rows -> range.write(rows, numbers, parameter)));
                        }
                      }
                    }));
    return moments;
  }

  /** How many numbers all moments are together. */
  long stateLength() {
    return state == null ? 0 : state.length();
  }

  /** Replaces some of the moments, counted as they lie in memory. */
  void restoreState(long first, float[] numbers) {
    Kernels.write(numbers, 0, row(state, first, numbers.length));
  }

  /** How often each range has moved, by its name. */
  Map<String, Integer> counts() {
    Map<String, Integer> byName = new LinkedHashMap<>();
    counts.forEach((range, count) -> byName.put(range.name(), count));
    return byName;
  }

  /** Goes on from saved counts; the moments are restored through {@link #moments}. */
  void restoreCounts(Map<String, Integer> byName) {
    counts.replaceAll((range, count) -> byName.get(range.name()));
  }

  private static INDArray row(INDArray flat, long offset, long length) {
    return Kernels.view(flat, offset, new long[] {1, length}, new long[] {length, 1});
  }
}
