package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ipt4j.data.Degradation;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.PairSource;
import org.ipt4j.data.Patches;
import org.ipt4j.data.SkippedImages;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.Validation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fine-tunes one task of a pretrained model, or teaches it a new one. */
@Command(
    name = "finetune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description =
        "Trains one task of a pretrained model on images or pairs of your own; a task the model"
            + " does not have is added to it.")
final class Finetune implements Callable<Integer> {
  @Option(names = "--model", paramLabel = "FILE", description = "The pretrained model.")
  private Path model;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "What to train: a task of the model's, or a new one. With --pairs a new one may have any"
              + " name.")
  private String task;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "Clean photographs, which are degraded as the task's name says.")
  private Path images;

  @Option(
      names = "--pairs",
      paramLabel = "DIR",
      description =
          "Degraded and clean images: HR and LR_bicubic/X2 for a scale of 2, else rain and"
              + " norain.")
  private Path pairs;

  @Option(
      names = "--scale",
      paramLabel = "S",
      description = "How many times --pairs of a new task enlarge, where its name does not say.")
  private Integer scale;

  @Option(
      names = "--like",
      paramLabel = "TASK",
      description = "One of the model's tasks, whose head and tail a new task starts with.")
  private String like;

  @Option(names = "--freeze-body", description = "Train the task's head, embedding and tail only.")
  private boolean freezeBody;

  @Option(names = "--only-task", description = "Save a model of this task alone.")
  private boolean onlyTask;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "500", description = "Batches.")
  private int steps;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      defaultValue = "1e-4",
      description = "Of Adam, at its highest. The paper: 2e-5.")
  private double learningRate;

  @Mixin private RunSettings settings;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Finetune(), args));
  }

  @Override
  public Integer call() throws IOException {
    settings.resolve(spec);
    if (model == null || task == null || (images == null) == (pairs == null)) {
      throw new IllegalArgumentException(
          "expected --model FILE, --task TASK and either --images DIR or --pairs DIR");
    }
    IptModel pretrained = IptModel.load(model);
    boolean known = pretrained.tasks().stream().anyMatch(own -> own.name().equals(task));
    Task wanted = known ? pretrained.task(task) : new Task(task, scaleOfNew());
    IptModel start = known ? pretrained : extended(pretrained, wanted);
    if (onlyTask) {
      start = start.only(List.of(wanted));
    }
    Data data = images == null ? pairs(wanted, start) : images(wanted, start);
    settings.train(
        new RunSettings.Training(
            "finetune",
            start,
            TrainingPlan.equally(settings.seed(), List.of(wanted), Contrastive.none()),
            data.batches(),
            data.skipped(),
            data.validation(),
            freezeBody,
            learningRate,
            steps),
        spec);
    return 0;
  }

  private record Data(BatchSource batches, Validation validation, SkippedImages skipped) {}

  private Data images(Task wanted, IptModel start) throws IOException {
    int side = start.config().imageSide();
    ImageSource all = ImageSource.open(images);
    Split split = settings.split(all.size());
    ImageSource training = all.only(split.training());
    ImageSource test = settings.validation(all, split);
    SkippedImages skipped = new SkippedImages();
    return new Data(
        BatchSource.degrading(
            training, List.of(wanted), task -> settings.patches(task, side), skipped),
        Validation.degrading(
            test, List.of(wanted), RunSettings.VALIDATION_TILES * side, settings.seed()),
        skipped);
  }

  private Data pairs(Task wanted, IptModel start) throws IOException {
    int side = start.config().imageSide();
    PairSource all = PairSource.open(pairs, wanted.scale());
    Split split = settings.split(all.size());
    PairSource test = settings.validation(all, split);
    SkippedImages skipped = new SkippedImages();
    Patches patches =
        new Patches(all.only(split.training()), settings.patches(wanted, side), skipped);
    return new Data(
        BatchSource.of(Map.of(wanted, patches::batch)),
        Validation.pairs(test, wanted, RunSettings.VALIDATION_TILES * side),
        skipped);
  }

  /** Of a new task. */
  private int scaleOfNew() {
    if (scale != null) {
      return scale;
    }
    return images == null && !isDegradation() ? 1 : Degradation.parse(task).scale();
  }

  private boolean isDegradation() {
    try {
      Degradation.parse(task);
      return true;
    } catch (IllegalArgumentException ownName) {
      return false;
    }
  }

  private IptModel extended(IptModel pretrained, Task added) {
    return like == null
        ? pretrained.with(added, settings.seed())
        : pretrained.with(added, pretrained.task(like), settings.seed());
  }
}
