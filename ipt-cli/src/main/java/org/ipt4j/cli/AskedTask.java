package org.ipt4j.cli;

import java.util.Locale;
import java.util.stream.Collectors;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;

/** Which of a model's tasks a person asks for. */
public final class AskedTask {
  /** What commands say of the option. */
  public static final String HELP =
      "One of the model's tasks, for instance x2, or a degradation within its range, such as"
          + " denoise30. Without it, the tasks are listed.";

  private AskedTask() {}

  /**
   * The task that {@code name} means ({@link IptModel#task}).
   *
   * @param name null if none was given
   * @throws IllegalArgumentException if there is none, with all there are, a line each
   */
  public static Task of(IptModel model, String name) {
    String problem = "expected --task, one of the model's";
    if (name != null) {
      try {
        return model.task(name);
      } catch (IllegalArgumentException none) {
        problem = "the model has no task " + name + "; it has";
      }
    }
    throw new IllegalArgumentException(problem + ":\n" + list(model));
  }

  private static String list(IptModel model) {
    int width = model.tasks().stream().mapToInt(task -> task.name().length()).max().orElseThrow();
    return model.tasks().stream()
        .map(
            task ->
                String.format(Locale.ROOT, "  %-" + width + "s  %s", task.name(), said(task))
                    .stripTrailing())
        .collect(Collectors.joining("\n"));
  }

  private static String said(Task task) {
    String undone = task.degradation().equals(task.name()) ? "" : "undoes " + task.degradation();
    return task.use().isEmpty() || undone.isEmpty()
        ? task.use() + undone
        : task.use() + " (" + undone + ")";
  }
}
