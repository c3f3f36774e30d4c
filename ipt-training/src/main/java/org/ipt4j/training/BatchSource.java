package org.ipt4j.training;

import static java.util.stream.Collectors.joining;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.Task;

/** Where training's batches come from; asked by several threads at once. */
@FunctionalInterface
public interface BatchSource {
  /** The batch of a step, which is of {@code task}; a pure function of its arguments. */
  PatchBatch batch(Task task, long step);

  /**
   * Patches of clean images, degraded as the tasks say ({@link Task#degradation}).
   *
   * @param options of each batch; every task draws from a seed of its own
   */
  static BatchSource degrading(ImageSource images, List<Task> tasks, PatchOptions options) {
    return degrading(images, tasks, task -> options, new SkippedImages());
  }

  /**
   * As {@link #degrading(ImageSource, List, PatchOptions)}, the tasks' batches differing.
   *
   * @param options of each task's batches; its seed is only where the task's own begins
   * @param skipped is told of images that cannot be read or are too small
   */
  static BatchSource degrading(
      ImageSource images,
      List<Task> tasks,
      Function<Task, PatchOptions> options,
      SkippedImages skipped) {
    return degrading(images, TaskDegradations.of(tasks), options, skipped);
  }

  /**
   * As {@link #degrading(ImageSource, List, Function, SkippedImages)}, for degradations that may be
   * of one's own.
   *
   * @param degradations of each task, of its scale
   */
  static BatchSource degrading(
      ImageSource images,
      Map<Task, Degradation> degradations,
      Function<Task, PatchOptions> options,
      SkippedImages skipped) {
    TaskDegradations.checkScales(degradations);
    Map<Task, LongFunction<PatchBatch>> sources = new LinkedHashMap<>();
    degradations.forEach(
        (task, degradation) -> {
          PatchOptions of = options.apply(task);
          long seed = Randomness.seedAt(of.seed(), task.name().hashCode());
          PatchOptions own = of.withSeed(seed);
          sources.put(task, new Patches(images, degradation, own, skipped)::batch);
        });
    return of(sources);
  }

  /**
   * A source for each task, for instance DL4J iterators ({@link
   * org.ipt4j.data.batch.DataSetBatches}). A task that has none is refused when it is asked for;
   * tasks of one name are the same.
   */
  static BatchSource of(Map<Task, ? extends LongFunction<PatchBatch>> sources) {
    Map<String, LongFunction<PatchBatch>> byName = new LinkedHashMap<>();
    sources.forEach((task, source) -> byName.put(task.name(), source));
    return (task, step) -> {
      LongFunction<PatchBatch> source = byName.get(task.name());
      if (source == null) {
        throw new IllegalArgumentException(
            "expected a task with batches: "
                + byName.keySet().stream().sorted().collect(joining(", "))
                + "; got "
                + task.name());
      }
      return source.apply(step);
    };
  }
}
