package org.ipt4j.model;

import java.util.Locale;
import org.ipt4j.data.degradation.Degradation;

/**
 * One kind of restoration that a model can do.
 *
 * @param name the name by which it is asked for, for instance {@code denoise}
 * @param scale s: the restored image is s times as high and as wide as the degraded one
 * @param degradation what it undoes, as {@link Degradation#parse} names it, for instance {@code
 *     denoise:sigma=0..55}. Any other text is allowed; such a task can be trained only on pairs.
 * @param use which photographs it is for, a sentence for people; may be empty
 */
public record Task(String name, int scale, String degradation, String use) {
  /**
   * Checks that name and degradation are not blank, and that no text has control characters, which
   * could command a terminal; the scale is checked by the tail that is built.
   */
  public Task {
    if (name == null || name.isBlank()) {
      throw new IllegalArgumentException("a task needs a name");
    }
    if (degradation == null || degradation.isBlank() || use == null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "task %s needs a degradation, and a use, which may be empty; got %s and %s",
              name,
              degradation,
              use));
    }
    requirePrintable(name, name);
    requirePrintable(name, degradation);
    requirePrintable(name, use);
  }

  private static void requirePrintable(String name, String text) {
    text.chars()
        .filter(Character::isISOControl)
        .findFirst()
        .ifPresent(
            control -> {
              throw new IllegalArgumentException(
                  String.format(
                      Locale.ROOT,
                      "a task's texts are one line without control characters, got U+%04X in task"
                          + " %s",
                      control,
                      name.replaceAll("\\p{Cc}", "?")));
            });
  }

  /** A task named after what it undoes. */
  public Task(String name, int scale) {
    this(name, scale, name, "");
  }

  /**
   * The task of undoing a degradation, named after it.
   *
   * @throws IllegalArgumentException if there is no degradation of that name, listing what there is
   */
  public static Task undoing(String degradation) {
    return new Task(degradation, Degradation.parse(degradation).scale());
  }

  /** This task, narrowed to a part of its range: a degradation that its own includes. */
  Task narrowedTo(String part) {
    return new Task(name, scale, part, use);
  }
}
