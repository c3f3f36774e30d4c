package org.ipt4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ipt4j.benchmarks.Tables.Column;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.transformer.DecoderForm;

/**
 * Part e: does a pretrained model help with tasks it never saw, where data is little (§1, §4.1)?
 * Its body, and head, embedding and tail of a task of its own, are fine-tuned; beside it the same
 * network is trained from drawn weights on the same batches. Each way has, for each task, that
 * learning rate of a few that is best for it on images and with a seed of the choice's own.
 */
final class NewTasks implements Part {
  private static final List<Task> TASKS =
      Stream.of("lowlight", "deblur:motion,length=3..9", "inpaint:strokes")
          .map(Task::undoing)
          .toList();
  private static final String RELATED = "denoise"; // a new task starts from its parts
  private static final List<Integer> SIZES = List.of(8, 100);
  private static final List<String> RATES = List.of("3e-4", "1e-3", "3e-3");
  private static final int CHOOSING = 20; // images to choose rates with, 8 of them to train on
  private static final int STRIDE = 4; // of CBSD68, between images that are tried

  private static final Arm TUNING =
      new Arm("tuning", DecoderForm.MEMORY, Contrastive.none(), Small.RATE);

  /** Where training begins. */
  private enum Way {
    SCRATCH("from scratch"),
    TUNED("fine-tuned");

    private final String text;

    Way(String text) {
      this.text = text;
    }

    String arm(String task, int images) {
      return String.format(Locale.ROOT, "%s %s %d images", text, task, images);
    }

    String choice(String task, String rate) {
      return String.format(Locale.ROOT, "choice %s %s %s", text, task, rate);
    }
  }

  private final IptModel pretrained;
  private final ImageSource choosing;
  private final ImageSource others;
  private final List<Trial> choices;
  private final List<Trial> trials;
  private final int steps;
  private final Results results;

  /**
   * Divides the images.
   *
   * @param pretrained is not changed
   * @param all images to train on and to choose rates with
   * @param clean images to try on
   * @param steps of every training
   * @param results where the choice is looked up
   */
  NewTasks(IptModel pretrained, ImageSource all, ImageSource clean, int steps, Results results) {
    int least = Collections.max(SIZES) + CHOOSING;
    if (all.size() < least) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "expected at least %d images to train on, got %d", least, all.size()));
    }
    this.pretrained = pretrained;
    this.steps = steps;
    this.results = results;
    int[] kept = IntStream.range(0, CHOOSING).map(i -> i * all.size() / CHOOSING).toArray();
    choosing = all.only(kept);
    others = part(all, i -> Arrays.binarySearch(kept, i) < 0);
    ImageSource untrained = part(choosing, i -> !isTrainedOn(i));
    choices =
        TASKS.stream()
            .map(task -> Trial.middles("choice " + task.name(), untrained, task.name()))
            .toList();
    ImageSource tried = Trial.every(STRIDE, clean);
    trials =
        TASKS.stream()
            .map(task -> Trial.middles("CBSD68 " + task.name(), tried, task.name()))
            .toList();
  }

  /** Of the images to choose rates with: two of each five. */
  private static boolean isTrainedOn(int number) {
    return number % 5 < 2;
  }

  private static ImageSource part(ImageSource all, IntPredicate taken) {
    return all.only(IntStream.range(0, all.size()).filter(taken).toArray());
  }

  @Override
  public List<Trial> trials() {
    return Stream.concat(choices.stream(), trials.stream()).toList();
  }

  @Override
  public List<Training> first(List<Long> seeds) {
    ImageSource trained = part(choosing, NewTasks::isTrainedOn);
    List<Training> trainings = new ArrayList<>();
    for (Task task : TASKS) {
      trainings.add(
          new Training(
              TUNING.named(untuned(task.name())),
              Results.NO_SEED,
              () -> start(Way.TUNED, task, Results.NO_SEED),
              trained,
              0,
              trials));
      for (Way way : Way.values()) {
        for (String rate : RATES) {
          trainings.add(
              new Training(
                  TUNING.named(way.choice(task.name(), rate)).at(Double.parseDouble(rate)),
                  Results.NO_SEED,
                  () -> start(way, task, Results.NO_SEED),
                  trained,
                  steps,
                  choices));
        }
      }
    }
    return trainings;
  }

  @Override
  public List<Training> then(long seed) {
    List<Training> trainings = new ArrayList<>();
    for (Task task : TASKS) {
      for (int size : SIZES) {
        for (Way way : Way.values()) {
          trainings.add(
              new Training(
                  TUNING
                      .named(way.arm(task.name(), size))
                      .at(Double.parseDouble(best(way, task.name()))),
                  seed,
                  () -> start(way, task, seed),
                  drawn(size, seed),
                  steps,
                  trials));
        }
      }
    }
    return trainings;
  }

  private IptModel start(Way way, Task task, long seed) {
    List<Task> only = List.of(task);
    return switch (way) {
      case SCRATCH -> IptModel.create(pretrained.config(), only, seed);
      case TUNED -> pretrained.with(task, pretrained.task(RELATED), seed).only(only);
    };
  }

  /** Images of a seed's own; the fewer are among the more. */
  private ImageSource drawn(int count, long seed) {
    List<Integer> numbers =
        IntStream.range(0, others.size()).boxed().collect(Collectors.toCollection(ArrayList::new));
    Collections.shuffle(numbers, new Random(seed));
    return others.only(numbers.stream().limit(count).mapToInt(Integer::intValue).toArray());
  }

  /** The chosen learning rate. */
  private String best(Way way, String task) {
    Trial trial =
        choices.stream().filter(choice -> choice.task().equals(task)).findFirst().orElseThrow();
    return Collections.max(
        RATES,
        Comparator.comparingDouble(
            rate ->
                results
                    .row(way.choice(task, rate), Results.NO_SEED, trial.name())
                    .map(row -> trial.psnr(row.quality()))
                    .orElseThrow()));
  }

  private static String untuned(String task) {
    return "not fine-tuned " + task;
  }

  @Override
  public String tables(Tables tables) {
    List<String> parts = new ArrayList<>();
    parts.add("Choice of the learning rate:\n");
    parts.add(tables.table(choices, rates()));
    for (int size : SIZES) {
      parts.add(String.format(Locale.ROOT, "%d images:%n", size));
      parts.add(tables.table(trials, columns(size)));
    }
    for (Way way : Way.values()) {
      parts.add(
          String.format(
              Locale.ROOT,
              "Processor time %s: %.1f minutes.%n",
              way.text,
              results.seconds(arm -> arm.startsWith(way.text) && arm.endsWith(" images")) / 60));
    }
    return String.join("\n", parts);
  }

  private static List<Column> rates() {
    List<Column> columns = new ArrayList<>();
    columns.add(Small.input());
    for (Way way : Way.values()) {
      for (String rate : RATES) {
        columns.add(Column.of(way.text + ", " + rate, trial -> way.choice(trial.task(), rate)));
      }
    }
    return columns;
  }

  private static List<Column> columns(int size) {
    return List.of(
        Small.input(),
        Column.of("pretrained, not fine-tuned", trial -> untuned(trial.task())),
        Column.of("from scratch", trial -> Way.SCRATCH.arm(trial.task(), size)),
        Column.of("pretrained, fine-tuned", trial -> Way.TUNED.arm(trial.task(), size)),
        Column.difference(
            "fine-tuned − from scratch",
            trial -> Way.TUNED.arm(trial.task(), size),
            trial -> Way.SCRATCH.arm(trial.task(), size)),
        Column.differences(
            "each seed",
            trial -> Way.TUNED.arm(trial.task(), size),
            trial -> Way.SCRATCH.arm(trial.task(), size)));
  }
}
