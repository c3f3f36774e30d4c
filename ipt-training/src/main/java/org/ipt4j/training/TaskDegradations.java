package org.ipt4j.training;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.model.Task;

/** What tasks undo. */
final class TaskDegradations {
  private TaskDegradations() {}

  /**
   * What the tasks say that they undo.
   *
   * @throws IllegalArgumentException if one is no degradation that has a name
   */
  static Map<Task, Degradation> of(List<Task> tasks) {
    Map<Task, Degradation> degradations = new LinkedHashMap<>();
    tasks.forEach(task -> degradations.put(task, Degradation.parse(task.degradation())));
    return degradations;
  }

  /** A degradation shrinks as many times as its task enlarges. */
  static void checkScales(Map<Task, Degradation> degradations) {
    degradations.forEach(
        (task, degradation) -> {
          if (task.scale() != degradation.scale()) {
            throw new IllegalArgumentException(
                String.format(
                    Locale.ROOT,
                    "task %s enlarges by %d, but its degradation %s shrinks by %d",
                    task.name(),
                    task.scale(),
                    degradation.name(),
                    degradation.scale()));
          }
        });
  }
}
