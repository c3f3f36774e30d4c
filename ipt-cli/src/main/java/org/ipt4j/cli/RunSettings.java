package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Checkpoints;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingOptions;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.ipt4j.training.TrainingUi;
import org.ipt4j.training.Validation;
import org.ipt4j.training.WarmupCosine;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.RampSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What all commands that train have in common: their options, and the run in its folder. */
final class RunSettings {
  /** The sides of what validation looks at, in the network's tiles. */
  static final int VALIDATION_TILES = 3;

  /** Of the degradations to validate on, so that runs of different seeds can be compared. */
  static final long VALIDATION_SEED = 1;

  private static final String RUN_FILE = "run.yaml";
  private static final int KEPT_PART = 8; // of the images, at most one of so many is kept apart
  private static final int FEW = 4; // images, of which none can be spared
  private static final int LOGGED_STEPS = 100;
  private static final int UI_PORT = 9000;
  private static final double FINAL_PART = 0.05; // of the learning rate
  private static final int UI_POINTS = 1000; // the page keeps them all in memory

  /** What may change when a run goes on: nothing of it changes the steps already done. */
  private static final Set<String> FREE =
      Set.of(
          "steps",
          "recompute",
          "checkpoint-every",
          "keep",
          "validation",
          "validation-images",
          "validate-every");

  private enum Schedule {
    PUBLISHED,
    COSINE,
    CONSTANT
  }

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Patches in a batch.")
  private int batch;

  @Option(
      names = "--task-batch",
      split = ",",
      paramLabel = "TASK=N",
      description = "Patches in a batch of one task, where they are not --batch.")
  private List<String> taskBatch = List.of();

  @Option(
      names = "--turned",
      arity = "1",
      paramLabel = "true|false",
      defaultValue = "true",
      description = "Mirror and turn patches at random; the paper's pretraining does not.")
  private boolean turned;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Decides all draws.")
  private long seed;

  @Option(
      names = "--schedule",
      defaultValue = "PUBLISHED",
      description =
          "${COMPLETION-CANDIDATES}: two fifths of the rate after two thirds of the steps, as in"
              + " the paper; half a cosine down to --final-rate; or the same rate always.")
  private Schedule schedule;

  @Option(
      names = "--final-rate",
      paramLabel = "R",
      description = "Where COSINE ends; without it, a twentieth of the learning rate.")
  private Double finalRate;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description =
          "Steps in which the learning rate rises from 0; otherwise none, in finetune a tenth of the"
              + " steps.")
  private Integer warmup;

  @Option(
      names = "--beta2",
      paramLabel = "B",
      defaultValue = "0.999",
      description =
          "Of Adam: decay of its mean of squared gradients; 0.99 follows them faster. Beta 1 is"
              + " 0.9.")
  private double beta2;

  @Option(
      names = "--weight-decay",
      paramLabel = "W",
      defaultValue = "0",
      description = "Of AdamW; with 0 it is Adam.")
  private double weightDecay;

  @Option(
      names = "--loss",
      defaultValue = "L1",
      description = "${COMPLETION-CANDIDATES}: between restored and clean patches.")
  private TrainingOptions.Loss loss;

  @Option(
      names = "--clip",
      paramLabel = "NORM",
      defaultValue = "0",
      description = "Largest global norm of the gradients; 0 for no limit.")
  private double clip;

  @Option(
      names = "--accumulate",
      paramLabel = "K",
      defaultValue = "1",
      description = "Pass each batch in K parts, which takes memory for one of them.")
  private int accumulate;

  @Option(
      names = "--average",
      paramLabel = "D",
      defaultValue = "0",
      description =
          "Decay of an exponential moving average of the weights, for instance 0.999, which is"
              + " then validated and saved as the model; 0 for none.")
  private double average;

  @Option(
      names = "--recompute",
      description = "Compute the transformer's layers twice instead of keeping their arrays.")
  private boolean recompute;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "500",
      description = "Steps between checkpoints.")
  private int checkpointEvery;

  @Option(
      names = "--keep",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many of the last checkpoints are kept, beside the best one.")
  private int keep;

  @Option(
      names = "--validation",
      paramLabel = "DIR",
      description = "What the model is tried on; without it, some of the images, kept apart.")
  private Path validation;

  @Option(
      names = "--validation-images",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "How many images are kept apart, or taken of --validation: at most an eighth of the images,"
              + " of fewer than eight one, of fewer than four none; 0 for none.")
  private int validationImages;

  @Option(
      names = "--validate-every",
      paramLabel = "N",
      defaultValue = "500",
      description = "Steps between validations.")
  private int validateEvery;

  @Mixin private Computing computing;

  @Option(names = "--ui", description = "Show the run in DL4J's training UI, in a browser.")
  private boolean ui;

  @Option(
      names = "--run",
      paramLabel = "FILE",
      description =
          "YAML with any of these options, their names without dashes as keys, TASK=… as lists or"
              + " maps; options given here come first.")
  private Path run;

  @Option(
      names = "--resume",
      description = "Go on with the run in RUN, from its latest checkpoint and with its settings.")
  private boolean resume;

  @Option(
      names = "--out",
      paramLabel = "RUN",
      description = "Folder for the run: model.safetensors, run.yaml, checkpoints.")
  private Path out;

  /** Reads the settings' files; to be called before any option is looked at. */
  void resolve(CommandSpec command) throws IOException {
    Path file = resume && out != null ? out.resolve(RUN_FILE) : run;
    if (resume && out != null && !Files.exists(file)) {
      throw new IllegalArgumentException("nothing to resume: there is no " + file);
    }
    if (file != null) {
      RunFile.apply(file, command);
    }
    if (out == null) {
      throw new IllegalArgumentException("expected --out RUN, the run's folder; it was not given");
    }
    if (resume) {
      RunFile.compare(file, command, FREE);
    }
  }

  long seed() {
    return seed;
  }

  /** Which of {@code size} images are trained on, and which kept apart to validate on; says so. */
  Split split(int size, CommandSpec command) {
    int most = size < FEW ? 0 : Math.max(1, size / KEPT_PART);
    Split split = Split.of(size, validation == null ? Math.min(validationImages, most) : 0);
    PrintWriter out = command.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "training on %d images, validating on %s%n",
        split.training().length,
        validation != null
            ? validation
            : split.test().length > 0
                ? split.test().length + " others"
                : "none: give --validation DIR");
    out.flush();
    return split;
  }

  /** What to validate on, if that is images. */
  ImageSource validation(ImageSource all, Split split) throws IOException {
    if (validation == null) {
      return all.only(split.test());
    }
    ImageSource others = ImageSource.open(validation);
    return others.only(Split.spread(others.size(), validationImages));
  }

  /** What to validate on, if that is pairs. */
  PairSource validation(PairSource all, Split split) throws IOException {
    if (validation == null) {
      return all.only(split.test());
    }
    PairSource others = PairSource.open(validation, all.scale());
    return others.only(Split.spread(others.size(), validationImages));
  }

  /** How the patches of a task are cut. */
  PatchOptions patches(Task task, int side) {
    Map<String, String> own = byTask("--task-batch", taskBatch);
    int count = own.containsKey(task.name()) ? whole(own.get(task.name())) : batch;
    return new PatchOptions(count, side, turned, seed);
  }

  private static int whole(String number) {
    try {
      return Integer.parseInt(number);
    } catch (NumberFormatException bad) {
      throw new IllegalArgumentException("expected a whole number, got " + number, bad);
    }
  }

  /** What an option such as {@code --task-batch} says of each task. */
  static Map<String, String> byTask(String option, List<String> entries) {
    Map<String, String> byTask = new LinkedHashMap<>();
    for (String entry : entries) {
      int equals = entry.lastIndexOf('='); // a task's name may hold others
      if (equals < 1) {
        throw new IllegalArgumentException(option + ": expected TASK=NUMBER, got " + entry);
      }
      byTask.put(entry.substring(0, equals), entry.substring(equals + 1));
    }
    return byTask;
  }

  private TrainingOptions options(boolean bodyFrozen) {
    return new TrainingOptions(loss, clip, accumulate, average, weightDecay, recompute, bodyFrozen);
  }

  private Adam adam(Training training) {
    if (!(beta2 > 0 && beta2 < 1)) {
      throw new IllegalArgumentException(
          "--beta2: expected a number between 0 and 1, got " + beta2);
    }
    return Adam.builder().learningRateSchedule(schedule(training)).beta2(beta2).build();
  }

  private double finalPart(double rate) {
    if (finalRate != null && !(finalRate >= 0 && finalRate <= rate)) {
      throw new IllegalArgumentException(
          "--final-rate: expected 0 to --learning-rate " + rate + ", got " + finalRate);
    }
    return finalRate == null ? FINAL_PART : finalRate / rate;
  }

  private ISchedule schedule(Training training) {
    double rate = training.learningRate();
    int steps = training.steps();
    int rising = warmup != null ? warmup : training.warmup();
    if (rising < 0 || rising >= steps) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "--warmup is less than the run's --steps, and not negative: got %d of %d",
              rising,
              steps));
    }
    if (finalRate != null && schedule != Schedule.COSINE) {
      throw new IllegalArgumentException("--final-rate is of --schedule COSINE, got " + schedule);
    }
    if (schedule == Schedule.COSINE) {
      return new WarmupCosine(rate, rising, steps, finalPart(rate));
    }
    ISchedule base =
        schedule == Schedule.CONSTANT
            ? new FixedSchedule(rate)
            : new MapSchedule.Builder(ScheduleType.ITERATION)
                .add(0, rate) // Chen et al., 2021, §4: 5e-5, then 2e-5
                .add(Math.max(1, steps * 2 / 3), 0.4 * rate)
                .build();
    return rising > 0 ? new RampSchedule(base, rising) : base;
  }

  /**
   * A model and what it is trained on.
   *
   * @param command the command's name
   * @param model whose weights move
   * @param notes texts to keep with it beside how it is trained now
   * @param warmup where {@code --warmup} does not say
   */
  record Training(
      String command,
      IptModel model,
      Map<String, String> notes,
      TrainingPlan plan,
      BatchSource batches,
      SkippedImages skipped,
      Validation validation,
      boolean bodyFrozen,
      double learningRate,
      int warmup,
      int steps) {}

  /**
   * Trains, in the run's folder, to the end or until the process is asked to stop.
   *
   * @return the trained model, empty if the run was stopped before its end
   */
  Optional<IptModel> train(Training training, CommandSpec command) throws IOException {
    return computing.run(command, () -> trained(training, command));
  }

  private Optional<IptModel> trained(Training training, CommandSpec command) throws IOException {
    if (training.steps() < 1) {
      throw new IllegalArgumentException("--steps is positive, got " + training.steps());
    }
    PrintWriter print = command.commandLine().getOut();
    Map<String, String> notes = new LinkedHashMap<>(training.notes());
    notes.put("trained", "ipt " + training.command() + "\n" + RunFile.text(command));
    Trainer trainer =
        new Trainer(
            training.model(),
            training.plan(),
            training.batches(),
            adam(training),
            options(training.bodyFrozen()));
    try (Checkpoints checkpoints = Checkpoints.open(out.resolve("checkpoints"), keep, notes);
        StopSignal stop =
            new StopSignal(
                command.commandLine().getErr(), "stopping: finishing the step and saving")) {
      TrainingRun run =
          new TrainingRun(
              trainer, checkpoints, checkpointEvery, training.validation(), validateEvery);
      if (!resume && checkpoints.latest().isPresent()) {
        throw new IllegalArgumentException(
            out + " holds a run already: give --resume to go on, or another folder");
      }
      run.resume();
      RunFile.write(out.resolve(RUN_FILE), command);
      boolean ended = trainTo(training, trainer, run, command, stop);
      if (ended) {
        Path file = out.resolve("model.safetensors");
        trainer.model().save(file, notes);
        print.printf(Locale.ROOT, "model: %s%n", file);
        long last = trainer.step();
        checkpoints
            .bestStep()
            .ifPresent(
                best ->
                    print.printf(
                        Locale.ROOT,
                        "best in validation: step %d, %s%n",
                        best,
                        best == last
                            ? file
                            : out.resolve("checkpoints").resolve(Checkpoints.BEST)));
        print.printf(Locale.ROOT, "report: %s%n", out.resolve("report.html"));
      } else {
        print.printf(
            Locale.ROOT,
            "stopped after step %d of %d and saved; to go on: ipt %s --resume --out %s%n",
            trainer.step(),
            training.steps(),
            training.command(),
            out);
      }
      if (training.skipped().count() > 0) {
        print.printf(Locale.ROOT, "%d images were skipped%n", training.skipped().count());
      }
      print.flush();
      return ended ? Optional.of(trainer.model()) : Optional.empty();
    }
  }

  private boolean trainTo(
      Training training, Trainer trainer, TrainingRun run, CommandSpec command, StopSignal stop)
      throws IOException {
    long begin = trainer.step();
    String title = "ipt " + training.command();
    try (TrainingUi.Session browser = ui ? browser(training, command) : null;
        RunHistory history = RunHistory.open(out, begin);
        TrainingProgress progress =
            new TrainingProgress(
                training.command(),
                begin,
                training.steps(),
                LOGGED_STEPS,
                command.commandLine().getOut())) {
      TrainingReport report =
          new TrainingReport(out, title, training.steps(), RunFile.texts(command), history);
      List<TrainingListener> listeners = new ArrayList<>(List.of(history, progress, report));
      if (browser != null) {
        listeners.add(browser);
      }
      return run.trainTo(training.steps(), 1, TrainingListener.all(listeners), stop);
    }
  }

  private static TrainingUi.Session browser(Training training, CommandSpec command) {
    TrainingUi found =
        TrainingUi.find()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--ui: the module ipt-ui is not on the class path; ./ipt adds it"));
    TrainingUi.Session session =
        found.start(training.model(), UI_PORT, Math.max(10, training.steps() / UI_POINTS));
    command.commandLine().getErr().println("training UI: " + session.address());
    return session;
  }
}
