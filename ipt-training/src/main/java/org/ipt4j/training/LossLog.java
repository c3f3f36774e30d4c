package org.ipt4j.training;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Smooths the losses of a run, and logs them now and then. */
public final class LossLog implements TrainingListener {
  private static final Logger LOG = LoggerFactory.getLogger(LossLog.class);
  private static final double SMOOTHING = 0.95;

  private final int every;
  private final Map<String, Double> smoothed = new LinkedHashMap<>(); // loss by its name
  private long images;
  private double seconds;
  private double waited;

  /** Logs a line every {@code every} steps. */
  public LossLog(int every) {
    if (every < 1) {
      throw new IllegalArgumentException("a line is logged every 1 or more steps, got " + every);
    }
    this.every = every;
  }

  @Override
  public void stepDone(StepReport report) {
    smooth(report.task().name(), report.loss());
    smooth("contrastive", report.contrastive());
    images += report.images();
    seconds += report.seconds();
    waited += report.waited();
    if ((report.step() + 1) % every == 0) {
      LOG.info(
          "step {}: {}, learning rate {}, {} images/s, {} % waiting for data",
          report.step() + 1,
          summary(),
          String.format(Locale.ROOT, "%.2e", report.learningRate()),
          String.format(Locale.ROOT, "%.1f", images / seconds),
          String.format(Locale.ROOT, "%.1f", 100 * waited / seconds));
      images = 0;
      seconds = 0;
      waited = 0;
    }
  }

  /** The smoothed losses by their names: each task's in 0..255, and {@code contrastive}. */
  public Map<String, Double> smoothed() {
    return Collections.unmodifiableMap(smoothed);
  }

  /** The smoothed losses in one line. */
  public String summary() {
    return smoothed.entrySet().stream()
        .map(loss -> String.format(Locale.ROOT, "%s %.2f", loss.getKey(), loss.getValue()))
        .collect(Collectors.joining(", "));
  }

  private void smooth(String name, double loss) {
    if (!Double.isNaN(loss)) {
      smoothed.merge(name, loss, (old, now) -> SMOOTHING * old + (1 - SMOOTHING) * now);
    }
  }
}
