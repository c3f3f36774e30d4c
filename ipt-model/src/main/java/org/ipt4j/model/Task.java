package org.ipt4j.model;

import java.util.Locale;
import org.ipt4j.data.degradation.Degradation;

/**
 * One thing a model can do.
 *
 * @param name how it is asked for, for instance {@code denoise}
 * @param scale s: the restored image is s times as high and as wide as the degraded one
 * @param degradation what it undoes, as {@link Degradation#parse} names it, for instance {@code
 *     denoise:sigma=0..55}; any other text for what has no name there, which can then be trained on
 *     pairs only
 * @param use which photographs it is for, a sentence for people; may be empty
 */
public record Task(String name, int scale, String degradation, String use) {
  /**
   * Checks that name and degradation are not blank; the scale is checked by the tail that is built
   * for it.
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
  }

  /** A task that has the name of what it undoes. */
  public Task(String name, int scale) {
    this(name, scale, name, "");
  }

  /**
   * The task of undoing a degradation, called by its name.
   *
   * @throws IllegalArgumentException if there is no degradation of that name, listing what there is
   */
  public static Task undoing(String degradation) {
    return new Task(degradation, Degradation.parse(degradation).scale());
  }

  /** This task, of which only a part is asked for: a degradation that its own includes. */
  Task narrowedTo(String part) {
    return new Task(name, scale, part, use);
  }
}
