package org.ipt4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Validation;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a task is fine-tuned and validated on, and clean images, on which the model's other tasks
 * are rehearsed and tried.
 */
final class FinetuningData {
  private final Task wanted;
  private final int side;
  private final RunSettings settings;
  private final SkippedImages skipped;
  private final BatchSource own;
  private final Validation validation;
  private final ImageSource training;
  private final ImageSource test;

  private FinetuningData(
      Task wanted,
      int side,
      RunSettings settings,
      SkippedImages skipped,
      BatchSource own,
      Validation validation,
      ImageSource training,
      ImageSource test) {
    this.wanted = wanted;
    this.side = side;
    this.settings = settings;
    this.skipped = skipped;
    this.own = own;
    this.validation = validation;
    this.training = training;
    this.test = test;
  }

  /** Clean photographs, degraded as the task says. */
  static FinetuningData degrading(
      Path images, Task wanted, IptModel model, RunSettings settings, CommandSpec command)
      throws IOException {
    if (Degradation.find(wanted.degradation()).isEmpty()) {
      throw TaskOption.ofPairs(wanted.name(), "--pairs DIR");
    }
    int side = model.config().imageSide();
    ImageSource all = ImageSource.open(images);
    Split split = settings.validation().split(all.size(), "image", command);
    ImageSource training = all.only(split.training());
    ImageSource test =
        settings.validation().images(all, split, folder -> ImageSource.open(Path.of(folder)));
    SkippedImages skipped = new SkippedImages();
    return new FinetuningData(
        wanted,
        side,
        settings,
        skipped,
        BatchSource.degrading(
            training, List.of(wanted), task -> settings.trainer().patches(task, side), skipped),
        validation(test, List.of(wanted), side),
        training,
        test);
  }

  /** Pairs of one's own, whose clean images the other tasks are rehearsed on. */
  static FinetuningData pairs(
      PairSource all, Task wanted, IptModel model, RunSettings settings, CommandSpec command)
      throws IOException {
    int side = model.config().imageSide();
    Split split = settings.validation().split(all.size(), "pair", command);
    PairSource training = all.only(split.training());
    PairSource test = settings.validation().pairs(all, split);
    SkippedImages skipped = new SkippedImages();
    Patches patches = new Patches(training, settings.trainer().patches(wanted, side), skipped);
    return new FinetuningData(
        wanted,
        side,
        settings,
        skipped,
        BatchSource.of(Map.of(wanted, patches::batch)),
        Validation.pairs(test, wanted, ValidationSettings.TILES * side),
        new CleanHalves(training),
        new CleanHalves(test));
  }

  private static Validation validation(ImageSource images, List<Task> tasks, int side)
      throws UnreadableImageException {
    return Validation.degrading(
        images, tasks, ValidationSettings.TILES * side, ValidationSettings.SEED);
  }

  /** The clean images of pairs. */
  private record CleanHalves(PairSource pairs) implements ImageSource {
    @Override
    public int size() {
      return pairs.size();
    }

    @Override
    public Image image(int i) throws UnreadableImageException {
      return pairs.pair(i).clean();
    }

    @Override
    public String name(int i) {
      return pairs.name(i);
    }
  }

  /** The held-out images of the task that is trained. */
  Validation validation() {
    return validation;
  }

  /** The held-out clean images, for those of {@code tasks} that are not trained. */
  Validation validation(List<Task> tasks) throws IOException {
    return validation(test, others(tasks), side);
  }

  /** Images that turned out to be of no use. */
  SkippedImages skipped() {
    return skipped;
  }

  /** Those of {@code tasks} that are not trained and that clean images can be degraded for. */
  List<Task> others(List<Task> tasks) {
    return tasks.stream()
        .filter(
            task ->
                !task.name().equals(wanted.name())
                    && Degradation.find(task.degradation()).isPresent())
        .toList();
  }

  /** Those of {@code tasks} that the clean images are large enough to rehearse. */
  List<Task> rehearsable(List<Task> tasks) {
    BatchSource source = rehearsing(others(tasks));
    return others(tasks).stream().filter(task -> hasBatch(source, task)).toList();
  }

  private static boolean hasBatch(BatchSource source, Task task) {
    try {
      source.batch(task, 0);
      return true;
    } catch (UncheckedIOException tooSmall) {
      return false;
    }
  }

  private BatchSource rehearsing(List<Task> others) {
    return BatchSource.degrading(
        training, others, task -> settings.trainer().patches(task, side), new SkippedImages());
  }

  /** Batches of the task that is trained, and of those that are rehearsed. */
  BatchSource batches(List<Task> rehearsed) {
    BatchSource rehearsing = rehearsing(rehearsed);
    return (task, step) ->
        task.equals(wanted) ? own.batch(task, step) : rehearsing.batch(task, step);
  }
}
