package org.ipt4j.training;

import java.util.Locale;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * A learning rate that rises linearly to its peak, then falls along half a cosine to a part of it
 * (Loshchilov and Hutter, 2017, without restarts).
 *
 * @param peak the highest rate, reached at step {@code warmup}
 * @param warmup steps of rising, at least 0
 * @param steps of the whole run, more than {@code warmup}
 * @param floor what part of the peak is left at the end, 0..1
 */
public record WarmupCosine(double peak, int warmup, int steps, double floor) implements ISchedule {
  /** Checks the ranges. */
  public WarmupCosine {
    if (!(peak > 0) || warmup < 0 || steps <= warmup || !(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected a positive peak, 0 <= warmup < steps and a floor of 0..1, got %s, %d, %d, %s",
              peak,
              warmup,
              steps,
              floor));
    }
  }

  @Override
  public double valueAt(int step, int epoch) {
    if (step < warmup) {
      return peak * (step + 1) / (warmup + 1);
    }
    double done = Math.min(1, (double) (step - warmup) / (steps - warmup));
    return peak * (floor + (1 - floor) * (1 + Math.cos(Math.PI * done)) / 2);
  }

  @Override
  public ISchedule clone() {
    return this;
  }
}
