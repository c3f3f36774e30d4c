package org.ipt4j.cli;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.model.Task;
import org.ipt4j.training.TrainingOptions;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.WarmupCosine;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.RampSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import picocli.CommandLine.Option;

/** How all commands that train do it, as options: batches, optimiser, loss. */
public final class TrainerSettings {
  private static final double FINAL_PART = 0.05; // of the learning rate

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
      split = TaskOption.COMMA_OF_NUMBERS,
      splitSynopsisLabel = ",",
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
      names = "--detail",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "Share of the patches, 0..1, for which the more detailed of two places in an image is"
              + " taken.")
  private double detail;

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

  /** Of all draws. */
  public long seed() {
    return seed;
  }

  /**
   * Checks the batches of a run before it begins.
   *
   * @param steps of the run
   * @throws IllegalArgumentException if a step of it could not pass its batch
   */
  public void check(TrainingPlan plan, int steps) {
    checkTasks("--task-batch", byTask("--task-batch", taskBatch).keySet(), plan.weights().keySet());
    boolean compared =
        IntStream.range(0, steps)
            .anyMatch(step -> plan.objective(step) != TrainingPlan.Objective.L1);
    for (Task task : plan.weights().keySet()) {
      int count = count(task);
      if (accumulate > count) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "--accumulate: expected 1 to %d, the --task-batch or --batch of task %s, got %d",
                count,
                task.name(),
                accumulate));
      }
      if (compared && count / accumulate < 2) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "--contrastive %s compares images: expected at least 2 in each of --accumulate %d"
                    + " parts of a batch (--batch or --task-batch), got a batch of %d for task %s",
                plan.contrastive().mixture(),
                accumulate,
                count,
                task.name()));
      }
    }
  }

  /** How the patches of a task are cut. */
  public PatchOptions patches(Task task, int side) {
    return new PatchOptions(count(task), side, turned, detail, seed);
  }

  private int count(Task task) {
    String own = byTask("--task-batch", taskBatch).get(task.name());
    return own == null
        ? count("--batch", Integer.toString(batch))
        : count("--task-batch " + task.name(), own);
  }

  private static int count(String option, String number) {
    try {
      int count = Integer.parseInt(number);
      if (count > 0) {
        return count;
      }
    } catch (NumberFormatException noNumber) {
      // is said below
    }
    throw new IllegalArgumentException(option + ": expected a whole number above 0, got " + number);
  }

  /** What an option such as {@code --task-batch} says of each task. */
  static Map<String, String> byTask(String option, List<String> entries) {
    Map<String, String> byTask = new LinkedHashMap<>();
    for (String entry : entries) {
      int equals = entry.lastIndexOf('='); // a task's name may hold others
      if (equals < 1) {
        throw new IllegalArgumentException(option + ": expected TASK=NUMBER, got " + entry);
      }
      String task = entry.substring(0, equals);
      if (byTask.put(task, entry.substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            option + ": expected each task once, got " + task + " again");
      }
    }
    return byTask;
  }

  /** Checks that an option speaks of tasks that are trained. */
  static void checkTasks(String option, Set<String> given, Collection<Task> trained) {
    List<String> known = trained.stream().map(Task::name).toList();
    given.stream()
        .filter(name -> !known.contains(name))
        .findFirst()
        .ifPresent(
            unknown -> {
              throw new IllegalArgumentException(
                  option + ": no task " + unknown + "; trained are " + String.join(", ", known));
            });
  }

  /** What is added to the published way. */
  public TrainingOptions options(boolean bodyFrozen) {
    return new TrainingOptions(loss, clip, accumulate, average, weightDecay, recompute, bodyFrozen);
  }

  /**
   * Adam.
   *
   * @param learningRate at its highest
   * @param rises for how many steps it rises from 0, where {@code --warmup} does not say
   * @param steps of the run
   */
  public Adam adam(double learningRate, int rises, int steps) {
    if (!(beta2 > 0 && beta2 < 1)) {
      throw new IllegalArgumentException(
          "--beta2: expected a number between 0 and 1, got " + beta2);
    }
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "--learning-rate: expected a number above 0, got " + learningRate);
    }
    return Adam.builder()
        .learningRateSchedule(schedule(learningRate, rises, steps))
        .beta2(beta2)
        .build();
  }

  private double finalPart(double rate) {
    if (finalRate != null && !(finalRate >= 0 && finalRate <= rate)) {
      throw new IllegalArgumentException(
          "--final-rate: expected 0 to --learning-rate " + rate + ", got " + finalRate);
    }
    return finalRate == null ? FINAL_PART : finalRate / rate;
  }

  private ISchedule schedule(double rate, int rises, int steps) {
    int rising = warmup != null ? warmup : rises;
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
}
