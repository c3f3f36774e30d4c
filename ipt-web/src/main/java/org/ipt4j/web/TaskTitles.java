package org.ipt4j.web;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.ipt4j.model.Task;

/** What tasks do, in two or three words: {@code Enlarge ×2}, {@code Remove noise}. */
final class TaskTitles {
  private static final Map<String, String> REMOVED =
      Map.of(
          "denoise", "noise",
          "jpeg", "JPEG blocks",
          "derain", "rain",
          "desnow", "snow",
          "dehaze", "haze",
          "deblur", "blur");
  private static final Map<String, String> DONE =
      Map.of("lowlight", "Brighten", "inpaint", "Fill holes");

  private TaskTitles() {}

  /**
   * The titles of a model's tasks, in their order, no two the same. They are made of what tasks
   * undo; one that undoes what has no name among the degradations is called by its own.
   */
  static List<String> of(List<Task> tasks) {
    List<String> plain = tasks.stream().map(TaskTitles::plain).toList();
    return IntStream.range(0, tasks.size())
        .mapToObj(
            i ->
                Collections.frequency(plain, plain.get(i)) == 1
                    ? plain.get(i)
                    : plain.get(i) + " (" + tasks.get(i).name() + ")")
        .toList();
  }

  /** What a page is told of each task, in their order: name, title, use, scale. */
  static List<Map<String, Object>> described(List<Task> tasks) {
    List<String> titles = of(tasks);
    List<Map<String, Object>> described = new ArrayList<>();
    for (int i = 0; i < titles.size(); i++) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", tasks.get(i).name());
      entry.put("title", titles.get(i));
      entry.put("use", tasks.get(i).use());
      entry.put("scale", tasks.get(i).scale());
      described.add(entry);
    }
    return described;
  }

  private static String plain(Task task) {
    Set<String> removed = new LinkedHashSet<>();
    Set<String> done = new LinkedHashSet<>();
    for (String part : task.degradation().split("[+|()]+")) {
      String kind = part.replaceFirst("[:\\d].*$", "");
      if (REMOVED.containsKey(kind)) {
        removed.add(REMOVED.get(kind));
      } else if (DONE.containsKey(kind)) {
        done.add(DONE.get(kind));
      } else if (!part.isEmpty() && !part.matches("x\\d+")) {
        return ownName(task);
      }
    }
    if (task.scale() > 1) {
      return "Enlarge ×" + task.scale() + (removed.isEmpty() && done.isEmpty() ? "" : " and clean");
    }
    if (!removed.isEmpty()) {
      done.add("Remove " + joined(List.copyOf(removed)));
    }
    return done.isEmpty() ? ownName(task) : String.join(", ", done);
  }

  private static String joined(List<String> words) {
    int last = words.size() - 1;
    return last == 0
        ? words.get(0)
        : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
  }

  private static String ownName(Task task) {
    String name = task.name().replace('-', ' ').replace('_', ' ').strip();
    return name.substring(0, 1).toUpperCase(Locale.ROOT)
        + name.substring(1)
        + (task.scale() > 1 ? " ×" + task.scale() : "");
  }
}
