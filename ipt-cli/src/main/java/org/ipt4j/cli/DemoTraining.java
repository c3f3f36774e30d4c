package org.ipt4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.WarmupCosine;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;

/** Teaches a pretrained model a task it does not know, in a given time. */
final class DemoTraining {
  private static final long SEED = 1;
  private static final int BATCH = 8;
  private static final int SPEED_STEPS = 16;
  private static final double LEARNING_RATE = 1e-3;
  private static final double REHEARSAL = 0.25;

  private final TrainingPlan plan;
  private final BatchSource batches;

  private DemoTraining(TrainingPlan plan, BatchSource batches) {
    this.plan = plan;
    this.batches = batches;
  }

  /**
   * Trains {@code model} on one of its tasks, and rehearses its others, above all the one that it
   * started as.
   *
   * @return how many steps it took
   */
  static int train(
      IptModel model,
      Task learned,
      Task related,
      ImageSource images,
      double minutes,
      PrintWriter out,
      PrintWriter err) {
    DemoTraining training =
        new DemoTraining(
            TrainingPlan.rehearsing(SEED, learned, related, model.tasks(), REHEARSAL),
            BatchSource.degrading(
                images, model.tasks(), new PatchOptions(BATCH, model.config().imageSide(), SEED)));
    int steps = (int) Math.max(30, minutes * 60 / training.secondsPerStep(model.copy()));
    out.printf(
        Locale.ROOT, "%nlearning %s: %d steps of %d patches%n", learned.name(), steps, BATCH);
    out.flush();
    LossLog losses = new LossLog(Integer.MAX_VALUE);
    try (Progress progress = new Progress("demo", "%.0f/%.0f steps", steps, err)) {
      training
          .trainer(model, steps)
          .trainTo(
              steps,
              1,
              report -> {
                losses.stepDone(report);
                progress.at(losses.summary());
                progress.to(report.step() + 1);
              });
    }
    return steps;
  }

  private Trainer trainer(IptModel model, int steps) {
    ISchedule schedule = new WarmupCosine(LEARNING_RATE, Math.min(20, steps / 3), steps, 0.05);
    return new Trainer(model, plan, batches, Adam.builder().learningRateSchedule(schedule).build());
  }

  /** Measured on a model that is thrown away, so that the run has a fixed number of steps. */
  private double secondsPerStep(IptModel model) {
    List<Double> seconds = new ArrayList<>();
    trainer(model, SPEED_STEPS).trainTo(SPEED_STEPS, 1, report -> seconds.add(report.seconds()));
    return seconds.stream().sorted().skip(SPEED_STEPS / 4).findFirst().orElseThrow();
  }
}
