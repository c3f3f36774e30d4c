package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.Validation;
import org.ipt4j.weights.TensorFile;
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
        "Trains one task of a pretrained model on your images or pairs. A task that the model"
            + " does not have is added to it. The body is shared, so the other tasks change too: some"
            + " of the batches rehearse them, and their figures before and after are printed at the"
            + " end.")
final class Finetune implements Callable<Integer> {
  private static final String PARENT = "parent";

  /** The moments start from nothing: without a slow start they would shake what was learned. */
  private static final int WARMUP_PART = 10;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "What to train: one of the model's tasks, or a new one. A degradation within a task's"
              + " range, such as denoise30, means that task. NAME=DEGRADATION is a new task with a"
              + " name of its own; with --pairs any name is.")
  private String task;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "Clean photographs. They are degraded as the task says.")
  private Path images;

  @Option(
      names = "--pairs",
      paramLabel = "DIR",
      description =
          "Degraded and clean images: HR and LR_bicubic/X2 for a scale of 2, rain and norain,"
              + " input and target, or another of the layouts in docs/MEASURING.md.")
  private Path pairs;

  @Option(
      names = "--degraded",
      paramLabel = "DIR",
      description =
          "Degraded images; their clean ones are in --pairs, with the same names but for one ending"
              + " that all degraded ones may have, as in photo-noisy.png.")
  private Path degraded;

  @Option(
      names = "--scale",
      paramLabel = "S",
      description = "Scale of the --pairs of a new task, if its name does not say it.")
  private Integer scale;

  @Option(
      names = "--like",
      paramLabel = "TASK",
      description =
          "The task from which a new one starts: it takes its head, embedding and, if the scales"
              + " are equal, tail. Otherwise the model's first task of that scale.")
  private String like;

  @Option(
      names = "--rehearsal",
      paramLabel = "SHARE",
      defaultValue = "0.25",
      description =
          "Share of the batches that rehearse the model's other tasks, on the same clean images,"
              + " so that it does not forget them; 0 for none.")
  private double rehearsal;

  @Option(
      names = "--freeze-body",
      description =
          "Train only the task's head, embedding and tail: the other tasks stay the same to the"
              + " bit, but the new one learns less.")
  private boolean freezeBody;

  @Option(names = "--only-task", description = "Save a model of this task only.")
  private boolean onlyTask;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "500",
      description = "Number of batches.")
  private int steps;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      defaultValue = "3e-4",
      description = "Highest learning rate of Adam. The paper, after much longer training: 2e-5.")
  private double learningRate;

  @Mixin private RunSettings settings;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Finetune(), args));
  }

  @Override
  public Integer call() throws IOException {
    return settings.run(spec, this::finetune);
  }

  private int finetune() throws IOException {
    if (task == null || (images == null) == (pairs == null)) {
      throw new IllegalArgumentException(
          "expected --task TASK and either --images DIR or --pairs DIR");
    }
    if (degraded != null && pairs == null) {
      throw new IllegalArgumentException("--degraded goes with --pairs, not with --images");
    }
    if (!(rehearsal >= 0 && rehearsal < 1)) {
      throw new IllegalArgumentException(
          "--rehearsal is a share from 0 up to, not including, 1, got " + rehearsal);
    }
    settings.check(learningRate, steps / WARMUP_PART, steps);
    GivenModel parent = new GivenModel(model);
    IptModel pretrained = parent.load(settings.device());
    Optional<Task> known = known(pretrained);
    Task wanted = known.orElseGet(this::added);
    Optional<Task> related = known.isPresent() ? Optional.empty() : related(pretrained, wanted);
    IptModel start = known.isPresent() ? pretrained : extended(pretrained, wanted, related);
    if (onlyTask) {
      start = start.only(List.of(wanted));
    }
    FinetuningData data =
        images == null
            ? FinetuningData.pairs(pairs(wanted), wanted, start, settings, spec)
            : FinetuningData.degrading(images, wanted, start, settings, spec);
    List<Task> rehearsed =
        rehearsal > 0 && !freezeBody ? data.rehearsable(start.tasks()) : List.of();
    List<String> left =
        data.others(start.tasks()).stream()
            .filter(other -> !rehearsed.contains(other))
            .map(Task::name)
            .toList();
    if (rehearsal > 0 && !freezeBody && !left.isEmpty()) {
      say("not rehearsed, for no image is of use to them: %s", String.join(", ", left));
    }
    BeforeAfter tasks =
        BeforeAfter.of(
            start,
            data.validation(),
            freezeBody ? Validation.none() : data.validation(start.tasks()));
    Optional<IptModel> trained =
        settings.train(
            new RunSettings.Training(
                "finetune",
                start,
                notes(parent),
                plan(wanted, related, rehearsed),
                data.batches(rehearsed),
                data.skipped(),
                data.validation(),
                freezeBody,
                learningRate,
                steps / WARMUP_PART,
                steps),
            spec);
    trained.ifPresent(model -> tasks.print(model, spec.commandLine().getOut()));
    return 0;
  }

  private PairSource pairs(Task wanted) throws IOException {
    return degraded == null
        ? PairSource.open(pairs, wanted.scale())
        : PairSource.matched(ImageSource.open(degraded), ImageSource.open(pairs), wanted.scale());
  }

  /** The model's task that is meant, if any. */
  private Optional<Task> known(IptModel pretrained) {
    Task found;
    try {
      found = pretrained.task(task);
    } catch (IllegalArgumentException none) {
      return Optional.empty();
    }
    if (like != null) {
      throw new IllegalArgumentException(
          "--like is for a new task, but the model has " + found.name() + " already");
    }
    if (scale != null && scale != found.scale()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "--scale: the model's task %s is of scale %d, got %d",
              found.name(),
              found.scale(),
              scale));
    }
    if (!found.name().equals(task)) {
      say("%s is the model's task %s, which is trained further", task, found.name());
    }
    return Optional.of(found);
  }

  private TrainingPlan plan(Task wanted, Optional<Task> related, List<Task> rehearsed) {
    long seed = settings.trainer().seed();
    if (rehearsed.isEmpty()) {
      return TrainingPlan.equally(seed, List.of(wanted), Contrastive.none());
    }
    return related
        .filter(rehearsed::contains)
        .map(task -> TrainingPlan.rehearsing(seed, wanted, task, rehearsed, rehearsal))
        .orElseGet(() -> TrainingPlan.rehearsing(seed, wanted, rehearsed, rehearsal));
  }

  /** The task that a new one starts as. */
  private Optional<Task> related(IptModel pretrained, Task added) {
    return like != null
        ? Optional.of(AskedTask.of(pretrained, like))
        : pretrained.tasks().stream().filter(own -> own.scale() == added.scale()).findFirst();
  }

  private IptModel extended(IptModel pretrained, Task added, Optional<Task> related) {
    if (related.isEmpty()) {
      say("%s is a new task, whose head and tail start from nothing", added.name());
      return pretrained.with(added, settings.trainer().seed());
    }
    say(
        related.get().scale() == added.scale()
            ? "%s is a new task, which starts as %s"
            : "%s is a new task, whose head starts as that of %s; its tail, of another scale, from"
                + " nothing",
        added.name(),
        related.get().name());
    return pretrained.with(added, related.get(), settings.trainer().seed());
  }

  private void say(String format, Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, format + "%n", values);
    out.flush();
  }

  /** Where the model comes from: its parent, and what that said of itself. */
  private static Map<String, String> notes(GivenModel parent) throws IOException {
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put(PARENT, parent.name() + ", SHA-256 " + parent.sha256());
    try (TensorFile tensors = parent.open()) {
      tensors
          .metadata()
          .forEach(
              (key, value) -> {
                if (!key.startsWith(ModelFile.OWN_NOTES) && !key.startsWith(Info.MEASURED)) {
                  notes.put(PARENT + "." + key, value);
                }
              });
    }
    return notes;
  }

  /** A new task. */
  private Task added() {
    if (pairs != null && !TaskOption.saysDegradation(task)) {
      return new Task(task, scale == null ? 1 : scale);
    }
    Task added = TaskOption.task(task); // or says which degradations there are
    if (scale != null && scale != added.scale()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "--scale: task %s is of scale %d by its name, got %d",
              added.name(),
              added.scale(),
              scale));
    }
    return added;
  }
}
