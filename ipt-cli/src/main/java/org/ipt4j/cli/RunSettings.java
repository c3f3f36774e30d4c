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
import org.ipt4j.core.Device;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Checkpoints;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.ipt4j.training.TrainingUi;
import org.ipt4j.training.Validation;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What all commands that train have in common: their options, and the run in its folder. */
final class RunSettings {
  private static final String RUN_FILE = "run.yaml";
  private static final String MODEL = "model.safetensors";
  private static final String CHECKPOINTS = "checkpoints";
  private static final int LOGGED_STEPS = 100;
  private static final int UI_PORT = 9000;
  private static final int UI_POINTS = 1000; // the page keeps them all in memory

  /**
   * What may change when a run goes on: where it computes, how far, when it is validated, and what
   * is kept of it. Not what it is validated on, for that decides which images it is trained on.
   */
  private static final Set<String> FREE =
      Set.of(
          "steps",
          "device",
          "card",
          "cuda-libraries",
          "recompute",
          "checkpoint-every",
          "keep",
          "validate-every");

  @Mixin private TrainerSettings trainer;

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

  @Mixin private ValidationSettings validation;

  @Mixin private Computing computing;

  @Option(
      names = "--loader-threads",
      paramLabel = "N",
      description =
          "Threads that make batches ahead; otherwise 1, or all cores but one where the model is"
              + " not computed on the processor.")
  private Integer loaderThreads;

  @Option(names = "--ui", description = "Show the run in DL4J's training UI, in a browser.")
  private boolean ui;

  @Option(
      names = "--run",
      paramLabel = "FILE",
      description =
          "YAML with any of these options but --run, --resume, --out, --ui, --threads,"
              + " --loader-threads and --profile; their names without dashes as keys, TASK=… as lists"
              + " or maps; options given here come first.")
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

  /** What computes. */
  Device device() {
    return computing.device();
  }

  /** Reads the settings' files, and then runs all of the command's work, which trains. */
  int run(CommandSpec command, Computing.Work<Integer, IOException> work) throws IOException {
    resolve(command);
    return computing.run(command, work);
  }

  private void resolve(CommandSpec command) throws IOException {
    if (resume && run != null) {
      throw new IllegalArgumentException(
          "--resume goes on with the settings in RUN: expected no --run FILE, got " + run);
    }
    Path file = resume && out != null ? out.resolve(RUN_FILE) : run;
    if (resume && out != null && !Files.exists(file)) {
      throw new IllegalArgumentException("nothing to resume: there is no " + file);
    }
    RunFile read = file == null ? null : RunFile.of(file);
    if (read != null) {
      read.apply(command);
    }
    if (out == null) {
      throw new IllegalArgumentException("expected --out RUN, the run's folder; it was not given");
    }
    if (resume) {
      read.compare(command, FREE);
    }
  }

  /**
   * Refuses what can be refused before images are read.
   *
   * @param warmup where {@code --warmup} does not say
   */
  void check(double learningRate, int warmup, int steps) throws IOException {
    checkPositive("--steps", steps);
    checkPositive("--checkpoint-every", checkpointEvery);
    checkPositive("--keep", keep);
    checkPositive("--validate-every", validation.every());
    if (loaderThreads != null) {
      checkPositive("--loader-threads", loaderThreads);
    }
    trainer.adam(learningRate, warmup, steps);
    if (ui) {
      trainingUi();
    }
    Path checkpoints = out.resolve(CHECKPOINTS);
    checkNotOverwritten(Files.exists(checkpoints), Checkpoints.areIn(checkpoints));
  }

  private static void checkPositive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " is positive, got " + value);
    }
  }

  /** How the run is trained. */
  TrainerSettings trainer() {
    return trainer;
  }

  /** What it is validated on. */
  ValidationSettings validation() {
    return validation;
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
    trainer.check(training.plan(), training.steps());
    PrintWriter print = command.commandLine().getOut();
    Map<String, String> notes = new LinkedHashMap<>(training.notes());
    notes.put("trained", "ipt " + training.command() + "\n" + RunFile.text(command));
    Trainer trainer =
        new Trainer(
            training.model(),
            training.plan(),
            training.batches(),
            this.trainer.adam(training.learningRate(), training.warmup(), training.steps()),
            this.trainer.options(training.bodyFrozen()));
    boolean isBegun = Files.exists(out.resolve(CHECKPOINTS));
    try (Checkpoints checkpoints = Checkpoints.open(out.resolve(CHECKPOINTS), keep, notes);
        StopSignal stop =
            new StopSignal(
                command.commandLine().getErr(), "stopping: finishing the step and saving")) {
      TrainingRun run =
          new TrainingRun(
              trainer, checkpoints, checkpointEvery, training.validation(), validation.every());
      checkNotOverwritten(isBegun, checkpoints.latest().isPresent());
      AtomicFiles.tidy(out.resolve(RUN_FILE));
      AtomicFiles.tidy(out.resolve(MODEL));
      run.resume();
      if (trainer.step() > training.steps()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s is at step %d already: expected --steps of at least that, got %d",
                out,
                trainer.step(),
                training.steps()));
      }
      if (trainer.step() > 0) {
        print.printf(Locale.ROOT, "going on at step %d of %d%n", trainer.step(), training.steps());
        print.flush();
      }
      RunFile.write(out.resolve(RUN_FILE), command);
      boolean ended = trainTo(training, trainer, run, command, stop);
      if (ended) {
        Path file = out.resolve(MODEL);
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
                        best == last ? file : out.resolve(CHECKPOINTS).resolve(Checkpoints.BEST)));
        print.printf(Locale.ROOT, "report: %s%n", out.resolve("report.html"));
      } else {
        print.printf(
            Locale.ROOT,
            "stopped after step %d of %d%s; to go on: ipt %s --resume --out %s%n",
            trainer.step(),
            training.steps(),
            checkpoints.latest().isPresent() ? " and saved" : ", with nothing to save",
            training.command(),
            out);
      }
      if (training.skipped().count() > 0) {
        print.println("skipped: " + Commands.count(training.skipped().count(), "image"));
      }
      print.flush();
      return ended ? Optional.of(trainer.model()) : Optional.empty();
    }
  }

  /**
   * Refuses to begin anew in the folder of a run.
   *
   * @param isBegun whether it has a folder for checkpoints, which need not hold one yet
   * @param isSaved whether it holds one
   */
  private void checkNotOverwritten(boolean isBegun, boolean isSaved) throws IOException {
    boolean isFinished = Files.exists(out.resolve(MODEL));
    boolean goesOn = isSaved || (isBegun && !isFinished);
    if ((isSaved || isFinished || RunHistory.hasSteps(out)) && !(resume && goesOn)) {
      String end = ", without a checkpoint to go on from: give another folder";
      if (isSaved) {
        end = ": give --resume to go on, or another folder";
      } else if (goesOn) {
        end =
            ", without a checkpoint yet: give --resume to begin it anew as it is, or another folder";
      }
      throw new IllegalArgumentException(out + " holds a run already" + end);
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
      return run.trainTo(
          training.steps(),
          loaderThreads(training.model().values().device()),
          TrainingListener.all(listeners),
          stop);
    }
  }

  private int loaderThreads(Device device) {
    if (loaderThreads == null) {
      int cores = Runtime.getRuntime().availableProcessors();
      return device.takesWholeBatches() ? Math.max(1, cores - 1) : 1;
    }
    return loaderThreads;
  }

  private static TrainingUi trainingUi() {
    return TrainingUi.find()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--ui: the module ipt-ui is not on the class path; in a checkout ./ipt adds it"));
  }

  private static TrainingUi.Session browser(Training training, CommandSpec command) {
    TrainingUi.Session session =
        trainingUi().start(training.model(), UI_PORT, Math.max(10, training.steps() / UI_POINTS));
    command.commandLine().getErr().println("training UI: " + session.address());
    return session;
  }
}
