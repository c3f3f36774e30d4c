package org.ipt4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.ValidationReport;
import org.ipt4j.training.ValidationReport.Means;

/**
 * Shows on standard error how far a run is: two lines that are drawn again and again on a terminal,
 * a line in the log now and then anywhere else.
 */
final class TrainingProgress implements TrainingListener, AutoCloseable {
  private static final int REDRAWN_MILLISECONDS = 500;
  private static final double SMOOTHING = 0.95;

  private final String title;
  private final long begin;
  private final long end;
  private final LossLog losses;
  private final ProgressBar bar; // null: not on a terminal
  private final PrintWriter out;
  private final long started = System.nanoTime();
  private double images; // of late, as are the seconds
  private double seconds;
  private volatile ProgressLines now;

  /**
   * Begins to show a run.
   *
   * @param title in a word
   * @param begin how many steps are done already
   * @param end the step the run goes up to
   * @param logEvery steps from one line of the log to the next if not on a terminal
   * @param out where results of validations go
   */
  TrainingProgress(String title, long begin, long end, int logEvery, PrintWriter out) {
    boolean drawn = StandardError.isTerminal();
    this.title = title;
    this.begin = begin;
    this.end = end;
    this.losses = new LossLog(drawn ? Integer.MAX_VALUE : logEvery);
    this.now = new ProgressLines(title, begin, end, Map.of(), 0, 0, null);
    this.bar = drawn ? bar() : null;
    this.out = out;
  }

  private ProgressBar bar() {
    return new ProgressBarBuilder()
        .setInitialMax(end)
        .setUpdateIntervalMillis(REDRAWN_MILLISECONDS)
        .setConsumer(StatusConsumer.onStandardError())
        .setRenderer((state, width) -> now.first(width) + "\n" + now.second(width))
        .build();
  }

  @Override
  public void stepDone(StepReport report) {
    losses.stepDone(report);
    images = SMOOTHING * images + report.images();
    seconds = SMOOTHING * seconds + report.seconds();
    long done = report.step() + 1;
    double perStep = (System.nanoTime() - started) / 1e9 / (done - begin);
    now =
        new ProgressLines(
            title,
            done,
            end,
            new LinkedHashMap<>(losses.smoothed()),
            report.learningRate(),
            images / seconds,
            Duration.ofMillis((long) (1000 * perStep * (end - done))));
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public void validated(ValidationReport report) {
    report
        .means()
        .forEach(
            (task, means) ->
                StandardError.println(
                    out,
                    String.format(
                        Locale.ROOT,
                        "step %d: %s %s",
                        report.step(),
                        task.name(),
                        text(means, report.images(task)))));
  }

  private static String text(Means means, int all) {
    int left = all - means.images();
    return means.images() == 0
        ? "has no image with finite PSNRs, degraded and restored"
        : String.format(
            Locale.ROOT,
            "degraded %.2f dB, restored %.2f dB (Y, mean of %s%s)",
            means.before().psnr(),
            means.after().psnr(),
            Commands.count(means.images(), "image"),
            left == 0 ? "" : ", without " + left + " whose PSNR is infinite");
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
