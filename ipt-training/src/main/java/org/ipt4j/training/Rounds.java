package org.ipt4j.training;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.ipt4j.model.ModelFile;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;

/**
 * How several trainers share a run. In each round every shard takes some steps of its own from the
 * same state, on batches that no other shard has; then weights and moments are averaged, or moved
 * towards the average by Nesterov's momentum (Douillard et al., 2023, arXiv 2311.08105, which keeps
 * each worker's moments instead of averaging them). With one step a round the shards may share
 * gradients instead: that is exactly training with their batches joined.
 *
 * <p>Everything here is a pure function from files to a file, on whichever machine and however
 * often it is done: {@link #begin}, then for each round {@link #shard} of every shard and {@link
 * #join}. What decides the result is part of the state, which goes on in no other way. With one
 * shard and no momentum the states are those of a {@link Trainer} alone, to the bit.
 *
 * <p>The batch of shard i of n in step k is that of step k·n + i of a run alone; its task is that
 * of step k.
 *
 * @param shards n, at least 1
 * @param steps of a round, at least 1
 * @param sharing what the shards have in common at a round's end
 * @param rate η of the outer step; 1 for the plain average
 * @param momentum μ of the outer step, below 1; 0 for none
 */
public record Rounds(int shards, int steps, Sharing sharing, double rate, double momentum)
    implements Serializable {
  /** What shards have in common at a round's end. */
  public enum Sharing {
    /** The mean of weights and moments, each shard having moved its own. */
    WEIGHTS,
    /** The mean of a step's gradients, by which all weights are moved at once. */
    GRADIENTS
  }

  /** Checks the ranges. */
  public Rounds {
    if (shards < 1 || steps < 1 || !(rate > 0) || !(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected at least 1 shard and 1 step a round, an outer rate above 0 and an outer"
                  + " momentum of 0 to 1 (excluded), got %d, %d, %s and %s",
              shards,
              steps,
              rate,
              momentum));
    }
    if (sharing == Sharing.GRADIENTS && (steps > 1 || rate != 1 || momentum != 0)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "gradients are shared in each step and without an outer one, got %d steps a round,"
                  + " outer rate %s and momentum %s",
              steps,
              rate,
              momentum));
    }
  }

  /** Rounds after which weights and moments are averaged. */
  public static Rounds averaging(int shards, int steps) {
    return new Rounds(shards, steps, Sharing.WEIGHTS, 1, 0);
  }

  /** Rounds of one step, whose gradients are averaged. */
  public static Rounds summing(int shards) {
    return new Rounds(shards, 1, Sharing.GRADIENTS, 1, 0);
  }

  /**
   * The same, with w ← w − η (Δ + μ v), v ← μ v + Δ, Δ being what the average is below w.
   *
   * @param outerRate η
   * @param outerMomentum μ
   */
  public Rounds moving(double outerRate, double outerMomentum) {
    return new Rounds(shards, steps, sharing, outerRate, outerMomentum);
  }

  /** Whether weights become the plain average. */
  boolean isAverage() {
    return rate == 1 && momentum == 0;
  }

  /** What of it decides a run's weights. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    if (shards > 1 || !isAverage()) {
      settings.put("shards", Integer.toString(shards));
      settings.put("steps a round", Integer.toString(steps));
      settings.put("shared", sharing.name());
      settings.put("outer rate", Double.toString(rate));
      settings.put("outer momentum", Double.toString(momentum));
    }
    return settings;
  }

  /**
   * Writes the state before the first round.
   *
   * @param trainer as it is for a run alone, no step taken; how many threads compute here decides
   *     how the run cuts its batches, wherever it goes on
   * @param notes texts that all states of the run are to hold
   */
  public void begin(Trainer trainer, Path target, Map<String, String> notes) throws IOException {
    trainer.share(this, 0);
    trainer.save(target, notes);
  }

  /** How many steps a state has done. */
  public static long step(Path state) throws IOException {
    try (TensorFile tensors = SafeTensors.open(state)) {
      return TrainingState.step(tensors);
    }
  }

  /**
   * One shard's part of the round after {@code state}.
   *
   * @param trainer any that was made as the run's; its own state does not matter
   * @param part is written: what {@link #join} takes
   * @return the steps
   * @throws IllegalArgumentException if the state is of another run, other rounds included, or the
   *     run has contrastive batches and began with another number of threads than compute here
   */
  public List<StepReport> shard(Trainer trainer, int shard, Path state, Path part)
      throws IOException {
    if (shard < 0 || shard >= shards) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "expected shard 0 to %d, got %d", shards - 1, shard));
    }
    resume(trainer, shard, state);
    if (sharing == Sharing.GRADIENTS) {
      return List.of(trainer.saveGradients(part));
    }
    List<StepReport> reports = new ArrayList<>();
    trainer.trainTo(trainer.step() + steps, 1, reports::add);
    trainer.save(part, notes(state));
    return reports;
  }

  /**
   * Makes the state after a round.
   *
   * @param trainer as for {@link #shard}; gradients need it
   * @param state before the round
   * @param parts of all shards, in their order
   */
  public void join(Trainer trainer, Path state, List<Path> parts, Path target) throws IOException {
    if (parts.size() != shards) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "expected %d parts, got %d", shards, parts.size()));
    }
    if (sharing == Sharing.WEIGHTS) {
      TrainingStates.join(state, parts, this, target);
      return;
    }
    Path mean = target.resolveSibling(target.getFileName() + ".gradients");
    try {
      TrainingStates.mean(parts, mean);
      resume(trainer, 0, state);
      trainer.stepBy(mean);
      trainer.save(target, notes(state));
    } finally {
      Files.deleteIfExists(mean);
    }
  }

  private void resume(Trainer trainer, int shard, Path state) throws IOException {
    trainer.share(this, shard);
    trainer.resume(state);
    Optional<String> difference = trainer.otherThreads();
    if (difference.isPresent()) {
      throw new IllegalArgumentException(difference.get());
    }
  }

  private static Map<String, String> notes(Path state) throws IOException {
    try (TensorFile tensors = SafeTensors.open(state)) {
      Map<String, String> notes = new HashMap<>(tensors.metadata());
      notes.keySet().removeIf(key -> key.startsWith(ModelFile.OWN_NOTES));
      return notes;
    }
  }
}
