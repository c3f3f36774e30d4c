package org.ipt4j.model;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.ipt4j.data.degradation.Degradation;

/** Finds the task that a name means. */
final class TaskNames {
  /** A kind of degradation, without any number: {@code denoise}, {@code deblur:motion}. */
  private static final String KIND = "[a-z]+(:[a-z]+)?";

  private TaskNames() {}

  /**
   * Finds a task, in this order: by its name; by the degradation that it undoes; by its kind of
   * degradation, if only one task has it ({@code denoise}); by a degradation within its range
   * ({@code denoise30} in σ 0..55). Of several ranges the narrowest is taken, and the task is
   * narrowed to that degradation.
   *
   * @throws IllegalArgumentException if there is none, naming the tasks there are
   */
  static Task find(List<Task> tasks, String asked) {
    return named(tasks, asked)
        .or(
            () ->
                Degradation.find(asked).flatMap(degradation -> undoing(tasks, asked, degradation)))
        .orElseThrow(() -> none(tasks, asked));
  }

  static IllegalArgumentException none(List<Task> tasks, String asked) {
    return new IllegalArgumentException(
        "the model has no task "
            + asked
            + "; it has "
            + tasks.stream().map(Task::name).collect(Collectors.joining(", ")));
  }

  /** The task of exactly that name. */
  static Optional<Task> named(List<Task> tasks, String name) {
    return tasks.stream().filter(task -> task.name().equals(name)).findFirst();
  }

  private static Optional<Task> undoing(List<Task> tasks, String asked, Degradation degradation) {
    Optional<Task> same =
        tasks.stream()
            .filter(
                task ->
                    Degradation.find(task.degradation()).filter(degradation::equals).isPresent())
            .findFirst();
    return same.or(() -> onlyOfKind(tasks, asked))
        .or(
            () ->
                tasks.stream()
                    .filter(task -> includes(task, degradation))
                    .reduce(
                        (a, b) ->
                            includes(a, Degradation.find(b.degradation()).orElseThrow()) ? b : a)
                    .map(task -> task.narrowedTo(degradation.name())));
  }

  private static boolean includes(Task task, Degradation degradation) {
    return Degradation.find(task.degradation())
        .filter(whole -> whole.includes(degradation))
        .isPresent();
  }

  private static Optional<Task> onlyOfKind(List<Task> tasks, String asked) {
    if (!asked.matches(KIND)) {
      return Optional.empty();
    }
    List<Task> ofKind =
        tasks.stream()
            .filter(
                task ->
                    Degradation.find(task.degradation())
                        .filter(whole -> isOfKind(whole, asked))
                        .isPresent())
            .toList();
    return ofKind.size() == 1 ? Optional.of(ofKind.get(0)) : Optional.empty();
  }

  // of a choice, each option has to be
  private static boolean isOfKind(Degradation degradation, String kind) {
    return Arrays.stream(degradation.name().split("\\|"))
        .allMatch(option -> option.matches(kind + "([^a-z+][^+]*)?"));
  }
}
