package org.ipt4j.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.data.DeadLeaves;
import org.ipt4j.data.Degradation;
import org.ipt4j.data.Evaluation;
import org.ipt4j.data.Evaluation.Contender;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImageFiles;
import org.ipt4j.data.ImagePair;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.PatchBatch;
import org.ipt4j.data.PatchOptions;
import org.ipt4j.data.Quality;
import org.ipt4j.data.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.WarmupCosine;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole road in minutes: pretrains {@code tiny}, then restores images it never saw. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description =
        "Pretrains a tiny model on three tasks for a few minutes, restores images it was not"
            + " trained on, and shows before and after.")
final class Demo implements Callable<Integer> {
  private static final long SEED = 1;
  private static final int BATCH = 8;
  private static final int TEST_IMAGES = 4;
  private static final int LOSS_BATCHES = 8;
  private static final int SPEED_STEPS = 16;
  private static final double LEARNING_RATE = 2e-3;
  private static final List<Task> TASKS =
      List.of(new Task("x2", 2), new Task("denoise30", 1), new Task("derain", 1));

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "2",
      description = "How long to train.")
  private double minutes;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description =
          "Photographs, four of which are kept for the test; without it, generated images"
              + " (dead leaves).")
  private Path images;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "demo-out",
      description = "Where the model and the pictures go.")
  private Path out;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Demo(), args));
  }

  @Override
  public Integer call() throws IOException {
    if (!(minutes > 0)) {
      throw new IllegalArgumentException("--minutes is positive, got " + minutes);
    }
    PrintWriter print = spec.commandLine().getOut();
    ImageSource all =
        images == null
            ? ImageSource.cached(new DeadLeaves(SEED, 200, 256, 256), 1L << 30)
            : ImageSource.open(images);
    Split split = Split.of(all.size(), TEST_IMAGES);
    IptModel model = train(all.only(split.training()), print);
    Path file = out.resolve("model.safetensors");
    model.save(file, Map.of("trained", "ipt demo --minutes " + minutes));
    print.printf(Locale.ROOT, "%nmodel: %s; images it was not trained on:%n%n", file);
    test(model, all.only(split.test()), print);
    return 0;
  }

  private IptModel train(ImageSource source, PrintWriter print) {
    IptConfig config = IptConfig.preset("tiny");
    PatchOptions options = new PatchOptions(BATCH, config.imageSide(), true, SEED);
    BatchSource batches = BatchSource.degrading(source, TASKS, options);
    TrainingPlan plan =
        TrainingPlan.equally(SEED, TASKS, Contrastive.ownBatches(ContrastiveForm.PAPER, 8, 0.1));
    int steps = (int) Math.max(30, minutes * 60 / secondsPerStep(config, plan, batches));
    IptModel model = IptModel.create(config, TASKS, SEED);
    print.printf(
        Locale.ROOT,
        "training tiny (%,d parameters): %d steps of %d patches%n",
        model.values().layout().length(),
        steps,
        BATCH);
    print.flush();
    Trainer trainer = new Trainer(model, plan, batches, adam(steps));
    Map<Task, Double> before = new HashMap<>();
    TASKS.forEach(task -> before.put(task, l1(model, task, batches)));
    LossLog losses = new LossLog(Integer.MAX_VALUE);
    try (ProgressBar bar = Commands.progress("demo", "steps", steps).build()) {
      trainer.trainTo(
          steps,
          1,
          report -> {
            losses.stepDone(report);
            bar.stepTo(report.step() + 1).setExtraMessage(losses.summary());
          });
    }
    printLosses(before, model, batches, print);
    return model;
  }

  /**
   * Measured on a model that is thrown away, so that the run itself has a fixed number of steps.
   */
  private static double secondsPerStep(IptConfig config, TrainingPlan plan, BatchSource batches) {
    List<Double> seconds = new ArrayList<>();
    new Trainer(IptModel.create(config, TASKS, SEED), plan, batches, adam(SPEED_STEPS))
        .trainTo(SPEED_STEPS, 1, report -> seconds.add(report.seconds()));
    return seconds.stream().sorted().skip(SPEED_STEPS / 4).findFirst().orElseThrow();
  }

  private static Adam adam(int steps) {
    ISchedule schedule = new WarmupCosine(LEARNING_RATE, Math.min(20, steps / 3), steps, 0.05);
    return Adam.builder().learningRateSchedule(schedule).build();
  }

  private static void printLosses(
      Map<Task, Double> before, IptModel model, BatchSource batches, PrintWriter print) {
    print.printf(Locale.ROOT, "%-12s %18s %18s%n", "L1 (0..255)", "before training", "after");
    for (Task task : TASKS) {
      print.printf(
          Locale.ROOT,
          "%-12s %18.2f %18.2f%n",
          task.name(),
          before.get(task),
          l1(model, task, batches));
    }
  }

  /** The mean L1 over a few batches that are no step's. */
  private static double l1(IptModel model, Task task, BatchSource batches) {
    double sum = 0;
    for (int step = -LOSS_BATCHES; step < 0; step++) {
      PatchBatch batch = batches.batch(task, step);
      float[] restored = model.restore(task, batch.degraded(), batch.count());
      for (int i = 0; i < restored.length; i++) {
        sum += Math.abs(restored[i] - batch.clean()[i]) / restored.length;
      }
    }
    return sum / LOSS_BATCHES;
  }

  private void test(IptModel model, ImageSource source, PrintWriter print) throws IOException {
    print.printf(
        Locale.ROOT,
        "%-12s %18s %18s   %s%n",
        "task",
        "input PSNR (dB)",
        "restored (dB)",
        "8-bit levels, peak 255, of");
    ImageRestorer restorer = new ImageRestorer(model);
    List<Image> rows = new ArrayList<>(); // of the first image
    for (Task task : model.tasks()) {
      Evaluation measured =
          Evaluation.of(
              TestSet.degrading("test", source, Degradation.parse(task.degradation()), SEED),
              List.of(
                  Contender.baseline(task.scale()),
                  new Contender("restored", degraded -> restorer.restore(task, degraded))),
              new Gallery(task, rows));
      measured.failures().forEach(spec.commandLine().getErr()::println);
      if (measured.rows().isEmpty()) {
        throw new IllegalArgumentException("no test image could be measured");
      }
      // super-resolution on Y, the others on RGB, as the field does
      boolean enlarged = task.scale() > 1;
      Quality before = measured.mean(0);
      Quality after = measured.mean(1);
      int border = Evaluation.border(task.scale());
      print.printf(
          Locale.ROOT,
          "%-12s %18.2f %18.2f   %s%n",
          task.name() + (enlarged ? " (bicubic)" : ""),
          enlarged ? before.psnrY() : before.psnrRgb(),
          enlarged ? after.psnrY() : after.psnrRgb(),
          enlarged ? "Y, border " + border + " cut" : "RGB");
    }
    ImageFiles.write(Pictures.below(rows), out.resolve("before-after.png"));
    print.printf(
        Locale.ROOT,
        "%npictures (input, restored, clean): %s and others beside it%n",
        out.resolve("before-after.png"));
  }

  /** Writes before, after and clean of each image side by side; keeps each task's first. */
  private final class Gallery implements Evaluation.Listener {
    private final Task task;
    private final List<Image> firsts;
    private int written;

    Gallery(Task task, List<Image> firsts) {
      this.task = task;
      this.firsts = firsts;
    }

    @Override
    public void measured(Evaluation.Row row, ImagePair pair, List<Image> restored) {
      Image picture = Pictures.beside(restored.get(0), restored.get(1), pair.clean());
      String name = String.format(Locale.ROOT, "%s-%d.png", task.name(), written);
      try {
        ImageFiles.write(picture, out.resolve(name));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (written++ == 0) {
        firsts.add(picture);
      }
    }
  }
}
