package org.ipt4j.training;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.Randomness;
import org.ipt4j.model.Task;

/**
 * What each step of a run does, as a pure function of the seed and the step: one task a batch,
 * drawn by weight, and whether the batch is contrastive.
 *
 * @param seed of the draw
 * @param weights how often each task is drawn, relative to the others
 * @param contrastive how the contrastive loss is mixed in
 */
public record TrainingPlan(long seed, Map<Task, Double> weights, Contrastive contrastive) {
  private static final long TASK_DRAW = 1; // apart from whatever else is drawn from the seed

  /** The terms of a step's loss. */
  public enum Objective {
    /** L1 alone. */
    L1,
    /** The contrastive loss alone. */
    CONTRASTIVE,
    /** L1 + λ·contrastive. */
    BOTH
  }

  /** Checks that there is a task and that weights are positive. */
  public TrainingPlan {
    if (weights.isEmpty()) {
      throw new IllegalArgumentException("training needs at least one task");
    }
    weights.forEach(
        (task, weight) -> {
          if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                "the weight of task " + task.name() + " must be positive, got " + weight);
          }
        });
    // keeps the order, which the draw depends on
    weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
  }

  /** All tasks equally often. */
  public static TrainingPlan equally(long seed, Iterable<Task> tasks, Contrastive contrastive) {
    Map<Task, Double> weights = new LinkedHashMap<>();
    tasks.forEach(task -> weights.put(task, 1.0));
    return new TrainingPlan(seed, weights, contrastive);
  }

  /**
   * One task, and a share of the batches for others, equally often: what was learned before is
   * rehearsed while something new is learned (Robins, "Catastrophic forgetting, rehearsal and
   * pseudorehearsal", 1995). Without a contrastive loss.
   *
   * @param others may hold {@code task}, which then counts as itself
   * @param share of the others in all batches, from 0 to 1, both excluded
   */
  public static TrainingPlan rehearsing(long seed, Task task, List<Task> others, double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException("a share lies between 0 and 1, got " + share);
    }
    Map<Task, Double> weights = new LinkedHashMap<>();
    weights.put(task, 1 - share);
    List<Task> rehearsed = others.stream().filter(other -> !isSame(other, task)).toList();
    rehearsed.forEach(other -> weights.put(other, share / rehearsed.size()));
    return new TrainingPlan(seed, weights, Contrastive.none());
  }

  /**
   * As {@link #rehearsing(long, Task, List, double)}, half of the share being for the task that the
   * new one starts as: the body cannot tell the two apart at first, so that one would suffer most.
   *
   * @param related one of {@code others}
   */
  public static TrainingPlan rehearsing(
      long seed, Task task, Task related, List<Task> others, double share) {
    Map<Task, Double> weights = new LinkedHashMap<>(rehearsing(seed, task, others, share).weights);
    Task known =
        weights.keySet().stream()
            .filter(other -> isSame(other, related) && !isSame(other, task))
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException(related.name() + " is none of the other tasks"));
    weights.remove(known);
    int rest = weights.size() - 1;
    weights.replaceAll((other, weight) -> isSame(other, task) ? weight : share / 2 / rest);
    weights.put(known, rest == 0 ? share : share / 2);
    return new TrainingPlan(seed, weights, Contrastive.none());
  }

  // a model's task may have been narrowed to a part of its range
  private static boolean isSame(Task one, Task other) {
    return one.name().equals(other.name());
  }

  /** The task of a step's batch. */
  public Task task(long step) {
    double total = weights.values().stream().mapToDouble(Double::doubleValue).sum();
    double left = Randomness.at(seed, TASK_DRAW, step).nextDouble() * total;
    Task drawn = null;
    for (Map.Entry<Task, Double> entry : weights.entrySet()) {
      drawn = entry.getKey();
      left -= entry.getValue();
      if (left < 0) {
        break;
      }
    }
    return drawn;
  }

  /** The terms of a step's loss. */
  public Objective objective(long step) {
    return switch (contrastive.mixture()) {
      case NONE -> Objective.L1;
      case ADDED -> Objective.BOTH;
      case OWN_BATCHES ->
          step % contrastive.every() == contrastive.every() - 1
              ? Objective.CONTRASTIVE
              : Objective.L1;
    };
  }
}
