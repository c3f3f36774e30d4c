package org.ipt4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Limits;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.Validation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
  /** What is kept is kept at the sizes it is used at. */
  private static final Limits UNCACHED = new Limits(Limits.DEFAULT.pixels(), 0);

  @Mixin private Pretraining pretraining;

  @Mixin private RunSettings settings;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Pretrain(), args));
  }

  @Override
  public Integer call() throws IOException {
    return settings.run(spec, this::pretrain);
  }

  private int pretrain() throws IOException {
    settings.check(pretraining.learningRate(), 0, pretraining.steps());
    long seed = settings.trainer().seed();
    IptModel model = pretraining.model(seed, settings.device());
    List<Task> tasks = model.tasks();
    TrainingPlan plan = pretraining.plan(tasks, seed);
    int side = model.config().imageSide();
    ImageSource all =
        pretraining.images(seed, folder -> ImageSource.open(Path.of(folder), UNCACHED));
    Split split = settings.validation().split(all.size(), pretraining.called(), spec);
    ImageSource training = pretraining.training(all.only(split.training()), seed);
    SkippedImages skipped = new SkippedImages();
    settings.train(
        new RunSettings.Training(
            "pretrain",
            model,
            Map.of(),
            plan,
            BatchSource.degrading(
                training, tasks, task -> settings.trainer().patches(task, side), skipped),
            skipped,
            Validation.degrading(
                settings
                    .validation()
                    .images(all, split, folder -> ImageSource.open(Path.of(folder))),
                tasks,
                ValidationSettings.TILES * side,
                ValidationSettings.SEED),
            false,
            pretraining.learningRate(),
            0,
            pretraining.steps()),
        spec);
    return 0;
  }
}
