package org.ipt4j.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.data.DeadLeaves;
import org.ipt4j.data.Degradation;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.PatchOptions;
import org.ipt4j.data.SkippedImages;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Checkpoints;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Pretrains a model on several tasks at once. */
@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description =
        "Trains a new model on photographs that are degraded on the fly, one task a batch.")
final class Pretrain implements Callable<Integer> {
  private static final int KEPT_CHECKPOINTS = 2;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "Clean photographs; without it, generated images (dead leaves).")
  private Path images;

  @Option(
      names = "--config",
      paramLabel = "NAME",
      defaultValue = "tiny",
      description = "base (the paper's), small, tiny or nano.")
  private String config;

  @Option(
      names = "--tasks",
      split = ",",
      paramLabel = "TASK",
      defaultValue = "x2,x3,x4,denoise30,denoise50,derain",
      description = "What to learn, separated by commas.")
  private List<String> tasks;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "1000", description = "Batches.")
  private int steps;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Patches in a batch.")
  private int batch;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Decides all draws.")
  private long seed;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      defaultValue = "5e-4",
      description = "Of Adam; falls to two fifths after two thirds of the steps. The paper: 5e-5.")
  private double learningRate;

  @Option(
      names = "--contrastive",
      defaultValue = "OWN_BATCHES",
      description =
          "${COMPLETION-CANDIDATES}: in every k-th batch alone, added to every batch, or never.")
  private Contrastive.Mixture contrastive;

  @Option(
      names = "--contrastive-form",
      defaultValue = "PAPER",
      description = "${COMPLETION-CANDIDATES}: eq. 5, or supervised contrastive.")
  private ContrastiveForm form;

  @Option(names = "--contrastive-every", paramLabel = "K", defaultValue = "8", description = "k.")
  private int every;

  @Option(
      names = "--contrastive-weight",
      paramLabel = "W",
      defaultValue = "0.1",
      description = "λ, relative to an L1 loss on 0..255.")
  private double weight;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      defaultValue = "500",
      description = "Steps between checkpoints.")
  private int checkpointEvery;

  @Option(names = "--resume", description = "Go on from the latest checkpoint in RUN.")
  private boolean resume;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "RUN",
      description = "Folder for model.safetensors and checkpoints.")
  private Path out;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Pretrain(), args));
  }

  @Override
  public Integer call() throws IOException {
    if (steps < 1 || checkpointEvery < 1) {
      throw new IllegalArgumentException(
          "--steps and --checkpoint-every are positive, got " + steps + " and " + checkpointEvery);
    }
    IptConfig size = IptConfig.preset(config);
    List<Task> parsed =
        tasks.stream().map(name -> new Task(name, Degradation.parse(name).scale())).toList();
    Contrastive mixture = new Contrastive(contrastive, form, every, weight);
    ImageSource source =
        images == null ? new DeadLeaves(seed, 1000, 256, 256) : ImageSource.open(images);
    IptModel model = IptModel.create(size, parsed, seed);
    PatchOptions patches = new PatchOptions(batch, size.imageSide(), true, seed);
    SkippedImages skipped = new SkippedImages();
    Trainer trainer =
        new Trainer(
            model,
            TrainingPlan.equally(seed, parsed, mixture),
            BatchSource.degrading(source, parsed, patches, skipped),
            Adam.builder().learningRateSchedule(publishedSchedule()).build());
    try (Checkpoints checkpoints =
        Checkpoints.open(out.resolve("checkpoints"), KEPT_CHECKPOINTS, Map.of())) {
      TrainingRun run = new TrainingRun(trainer, checkpoints, checkpointEvery);
      if (run.resume() != resume) {
        throw new IllegalArgumentException(
            resume
                ? "nothing to resume: no checkpoint in " + out
                : out + " holds a run already: give --resume to go on, or another folder");
      }
      train(trainer, run);
    }
    Path file = out.resolve("model.safetensors");
    model.save(
        file,
        Map.of("trained", String.join(" ", spec.commandLine().getParseResult().originalArgs())));
    PrintWriter print = spec.commandLine().getOut();
    if (skipped.count() > 0) {
      print.printf(Locale.ROOT, "%d images were skipped%n", skipped.count());
    }
    print.printf(Locale.ROOT, "model: %s%n", file);
    return 0;
  }

  /** Chen et al., 2021, §4: 5e-5 for two thirds of the epochs, then 2e-5. */
  private MapSchedule publishedSchedule() {
    return new MapSchedule.Builder(ScheduleType.ITERATION)
        .add(0, learningRate)
        .add(Math.max(1, steps * 2 / 3), 0.4 * learningRate)
        .build();
  }

  private void train(Trainer trainer, TrainingRun run) throws IOException {
    LossLog log = new LossLog(100);
    try (ProgressBar bar = Commands.progress("pretrain", "steps", steps).build()) {
      bar.stepTo(trainer.step());
      TrainingListener progress =
          report -> bar.stepTo(report.step() + 1).setExtraMessage(log.summary());
      run.trainTo(steps, 1, TrainingListener.all(List.of(log, progress)), () -> false);
    }
  }
}
