package org.ipt4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.ValidationReport;

/**
 * All that a run has reported since its first step, in two tables: {@code metrics.csv}, a row for
 * each step, and {@code validation.csv}, a row for each validation and task. A run that is taken up
 * again goes on with the tables of before. What is drawn from them is kept here, too, made of what
 * the tables say, so that it does not matter how often the run was taken up.
 */
final class RunHistory implements TrainingListener, AutoCloseable {
  private static final String STEPS = "metrics.csv";
  private static final List<String> METRICS =
      List.of(
          "step",
          "task",
          "objective",
          "loss",
          "contrastive",
          "gradient_norm",
          "learning_rate",
          "images",
          "seconds",
          "waited");
  private static final List<String> VALIDATION =
      List.of("step", "task", "images", "psnr_before", "psnr_after", "ssim_before", "ssim_after");

  /**
   * How a task did in a validation.
   *
   * @param images how many the means are of: those whose PSNRs are finite, or all if it is 0
   * @param psnrBefore in dB, as the others a mean over the images, of what went in
   */
  record TaskScore(
      long step,
      String task,
      int images,
      double psnrBefore,
      double psnrAfter,
      double ssimBefore,
      double ssimAfter) {
    private static TaskScore of(List<String> row) {
      return new TaskScore(
          Long.parseLong(row.get(0)),
          row.get(1),
          Integer.parseInt(row.get(2)),
          number(row.get(3)),
          number(row.get(4)),
          number(row.get(5)),
          number(row.get(6)));
    }
  }

  private final Map<String, Curve> losses = new LinkedHashMap<>(); // by task
  private final Map<String, Curve> gains = new LinkedHashMap<>(); // by task
  private final Curve contrastive = new Curve();
  private final Curve gradientNorm = new Curve();
  private final Curve learningRate = new Curve();
  private final Map<String, TaskScore> scores = new LinkedHashMap<>(); // the last, by task
  private final CsvFile metrics;
  private final CsvFile validation;
  private long steps;
  private long images;
  private double seconds;

  private RunHistory(Path folder, long step) throws IOException {
    metrics = open(folder.resolve(STEPS), METRICS, step, this::addStep);
    try {
      // a validation is made before the checkpoint of its step
      validation = open(folder.resolve("validation.csv"), VALIDATION, step + 1, this::addScore);
    } catch (IOException | RuntimeException failure) {
      metrics.close();
      throw failure;
    }
    steps = step;
  }

  /**
   * Opens the tables in a run's folder, or makes them.
   *
   * @param step how many steps the run has done: rows of what it will do again are removed
   * @throws IOException if a table is not of a run; it is then unchanged
   */
  static RunHistory open(Path folder, long step) throws IOException {
    return new RunHistory(folder, step);
  }

  /** Whether a step is recorded in a run's folder. */
  static boolean hasSteps(Path folder) throws IOException {
    Path file = folder.resolve(STEPS);
    if (!Files.exists(file)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      return lines.skip(1).findFirst().isPresent(); // behind the columns' names
    }
  }

  private static CsvFile open(
      Path file, List<String> columns, long end, Consumer<List<String>> taker) throws IOException {
    try {
      return CsvFile.open(
          file,
          columns,
          row -> {
            boolean kept = Long.parseLong(row.get(0)) < end;
            if (kept) {
              taker.accept(row);
            }
            return kept;
          });
    } catch (NumberFormatException bad) {
      throw new IOException(file + ": " + bad.getMessage(), bad);
    }
  }

  @Override
  public void stepDone(StepReport report) {
    add(
        metrics,
        List.of(
            Long.toString(report.step()),
            report.task().name(),
            report.objective().toString(),
            text(report.loss()),
            text(report.contrastive()),
            text(report.gradientNorm()),
            text(report.learningRate()),
            Integer.toString(report.images()),
            text(report.seconds()),
            text(report.waited())),
        this::addStep);
  }

  @Override
  public void validated(ValidationReport report) {
    report
        .means()
        .forEach(
            (task, means) ->
                add(
                    validation,
                    List.of(
                        Long.toString(report.step()),
                        task.name(),
                        Integer.toString(means.images()),
                        text(means.before().psnr()),
                        text(means.after().psnr()),
                        text(means.before().ssim()),
                        text(means.after().ssim())),
                    this::addScore));
  }

  private static void add(CsvFile file, List<String> row, Consumer<List<String>> taker) {
    try {
      file.append(row);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    taker.accept(row);
  }

  private void addStep(List<String> row) {
    long step = Long.parseLong(row.get(0));
    losses.computeIfAbsent(row.get(1), task -> new Curve()).add(step, number(row.get(3)));
    contrastive.add(step, number(row.get(4)));
    gradientNorm.add(step, number(row.get(5)));
    learningRate.add(step, number(row.get(6)));
    images += Integer.parseInt(row.get(7));
    seconds += number(row.get(8));
    steps = step + 1;
  }

  private void addScore(List<String> row) {
    TaskScore score = TaskScore.of(row);
    gains
        .computeIfAbsent(score.task(), task -> new Curve())
        .add(score.step(), score.psnrAfter() - score.psnrBefore());
    scores.put(score.task(), score);
  }

  // as short as a float's digits allow, which losses and norms are computed in; empty if absent
  private static String text(double value) {
    return Double.isNaN(value) ? "" : Float.toString((float) value);
  }

  private static double number(String text) {
    return text.isEmpty() ? Double.NaN : Double.parseDouble(text);
  }

  /** How many steps are done. */
  long steps() {
    return steps;
  }

  /** Images trained on. */
  long images() {
    return images;
  }

  /** How long the steps took, without validations and checkpoints. */
  double seconds() {
    return seconds;
  }

  /** The tasks' losses, in 0..255, by their names. */
  Map<String, Curve> losses() {
    return Collections.unmodifiableMap(losses);
  }

  /** How many dB of PSNR restoring brings in validation, by the tasks' names. */
  Map<String, Curve> gains() {
    return Collections.unmodifiableMap(gains);
  }

  /** The contrastive loss before its weight. */
  Curve contrastive() {
    return contrastive;
  }

  /** The global norm of the gradients before clipping. */
  Curve gradientNorm() {
    return gradientNorm;
  }

  Curve learningRate() {
    return learningRate;
  }

  /** How each task did in its last validation. */
  List<TaskScore> scores() {
    return List.copyOf(scores.values());
  }

  @Override
  public void close() throws IOException {
    try (validation) {
      metrics.close();
    }
  }
}
