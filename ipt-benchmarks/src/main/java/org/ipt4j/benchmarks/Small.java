package org.ipt4j.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ipt4j.benchmarks.Tables.Column;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.transformer.DecoderForm;

/**
 * What parts a to d share: a small network, pretrained here on four tasks.
 *
 * @param out where models are kept
 * @param trials {@link Trial#all}
 * @param many images of pretraining
 * @param few images of fine-tuning
 * @param steps of pretraining
 */
record Small(Path out, List<Trial> trials, ImageSource many, ImageSource few, int steps) {
  /** The tasks of pretraining, four of the paper's six. */
  static final List<Task> TASKS =
      Stream.of("x2", "denoise30", "denoise50", "derain").map(Task::undoing).toList();

  /** The learning rate of all arms. */
  static final double RATE = 1e-3;

  /** The arm that differs in nothing. */
  static final Arm REFERENCE =
      new Arm(
          "reference",
          DecoderForm.MEMORY,
          Contrastive.ownBatches(ContrastiveForm.PAPER, 8, 0.1),
          RATE);

  private static final int FEW = 8;

  /** Of the images, {@code FEW} evenly spread ones are kept for fine-tuning. */
  static Small of(Path out, List<Trial> trials, ImageSource all, int steps) {
    int stride = all.size() / FEW;
    int[] few = IntStream.range(0, FEW).map(i -> i * stride).toArray();
    int[] many =
        IntStream.range(0, all.size()).filter(i -> i % stride != 0 || i >= FEW * stride).toArray();
    return new Small(out, trials, all.only(many), all.only(few), steps);
  }

  /** Pretraining in one way. */
  Training pretraining(Arm arm, long seed) {
    return new Training(arm, seed, () -> arm.create(TASKS, seed), many, steps, trials);
  }

  /** Pretraining of {@link #REFERENCE}, for all seeds. */
  List<Training> references(List<Long> seeds) {
    return seeds.stream().map(seed -> pretraining(REFERENCE, seed)).toList();
  }

  /** Those of the trials that have these names. */
  List<Trial> named(String... names) {
    return Stream.of(names)
        .map(name -> trials.stream().filter(trial -> trial.name().equals(name)).findFirst())
        .map(trial -> trial.orElseThrow())
        .toList();
  }

  /** On the tasks of pretraining. */
  List<Trial> learned() {
    return named("Set5 ×2", "CBSD68 σ30", "CBSD68 σ50", "Rain12");
  }

  /** The same, and noise never trained on. */
  List<Trial> learnedAndUnseen() {
    return Stream.concat(learned().stream(), named("CBSD68 σ10", "CBSD68 σ70").stream()).toList();
  }

  /** The degraded images. */
  static Column input() {
    return Column.of("input", trial -> Results.INPUT);
  }

  /** What one arm came to. */
  static Column column(String title, Arm arm) {
    return Column.of(title, trial -> arm.name());
  }

  /** How much one arm is above another. */
  static Column against(String title, Arm arm, Arm other) {
    return Column.difference(title, trial -> arm.name(), trial -> other.name());
  }
}
