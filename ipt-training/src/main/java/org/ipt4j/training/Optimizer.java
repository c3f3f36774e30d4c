package org.ipt4j.training;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.ipt4j.core.Array;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * One of ND4J's updaters that have a learning rate, applied to ranges of the flat vector. A range
 * moves, and counts its steps, only when it is asked to, so that a task's parameters rest while
 * other tasks train. The learning rate's schedule is read at the run's step.
 */
final class Optimizer {
  /** Of ND4J 1.0.0-M2.1: AdaDelta and NoOp have no learning rate, AdaBelief does not start. */
  private static final Set<Class<?>> FAILING = Set.of(AdaBelief.class, AdaDelta.class, NoOp.class);

  private final IUpdater schedule;
  private final double weightDecay;
  private final ParameterVector values;
  private final ParameterVector gradients;
  private final Moments moments;
  private final Map<ParameterLayout.Range, Integer> counts = new LinkedHashMap<>();

  /**
   * Counts from 0.
   *
   * @throws IllegalArgumentException for an updater that does not work here
   */
  Optimizer(
      IUpdater updater, double weightDecay, ParameterVector values, ParameterVector gradients) {
    if (FAILING.contains(updater.getClass())) {
      throw new IllegalArgumentException(
          "expected an updater of ND4J's that works here: AMSGrad, AdaGrad, AdaMax, Adam, Nadam,"
              + " Nesterovs, RmsProp or Sgd, got "
              + updater.getClass().getSimpleName());
    }
    this.schedule = updater;
    this.weightDecay = weightDecay;
    this.values = values;
    this.gradients = gradients;
    moments =
        updater.getClass() == Adam.class
            ? new AdamMoments((Adam) updater, values)
            : new Nd4jMoments(updater, values);
    values.layout().ranges().forEach(range -> counts.put(range, 0));
  }

  /** The learning rate at a run's step. */
  double learningRate(long step) {
    return schedule.getLearningRate(Math.toIntExact(step), 0);
  }

  /** Moves the values of {@code ranges} against their gradients, which it may overwrite. */
  void update(List<ParameterLayout.Range> ranges, long step) {
    double rate = learningRate(step);
    for (ParameterLayout.Range range : ranges) {
      if (weightDecay > 0) {
        shrink(range, 1 - rate * weightDecay);
      }
      int count = counts.merge(range, 1, Integer::sum);
      moments.move(range, rate, count, values.range(range), gradients.range(range));
    }
  }

  private void shrink(ParameterLayout.Range range, double factor) {
    for (Parameter parameter : values.layout().parameters()) {
      if (range.contains(parameter) && parameter.shape().length > 1) {
        Array weights = values.view(parameter);
        values.device().scale(weights, factor, weights);
      }
    }
  }

  /** What the updater keeps from step to step. */
  Moments moments() {
    return moments;
  }

  /** How often each range has moved, by its name. */
  Map<String, Integer> counts() {
    Map<String, Integer> byName = new LinkedHashMap<>();
    counts.forEach((range, count) -> byName.put(range.name(), count));
    return byName;
  }

  /** Goes on from saved counts; the moments are restored by themselves. */
  void restoreCounts(Map<String, Integer> byName) {
    counts.replaceAll((range, count) -> byName.get(range.name()));
  }
}
