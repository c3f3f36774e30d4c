package org.ipt4j.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.model.Task;

/** Tasks as they are written in options: {@code DEGRADATION} or {@code NAME=DEGRADATION}. */
final class TaskOption {
  /** Where one task ends and the next begins: not before another setting of a degradation. */
  static final String COMMA = ",(?![a-z]+=[-.0-9])";

  /**
   * The same in lists of {@code TASK=NUMBER}: not before settings of which the last is followed by
   * the number, or by another part of the degradation.
   */
  static final String COMMA_OF_NUMBERS = ",(?!([a-z]+=[-.0-9]+,)*[a-z]+=[-.0-9]+[=+|)])";

  /** A degradation's own equals signs follow a colon. */
  private static final Pattern NAMED = Pattern.compile("([^=:+|()]+)=(.+)");

  private TaskOption() {}

  /** Whether a text says how images are degraded; any other can only be a task of pairs. */
  static boolean saysDegradation(String text) {
    return NAMED.matcher(text).matches() || Degradation.find(text).isPresent();
  }

  /** What to say where images are to be degraded for a task that only pairs can teach. */
  static IllegalArgumentException ofPairs(String task, String expected) {
    return new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "task %s learned from pairs, and its name does not say how images are degraded:"
                + " expected %s",
            task,
            expected));
  }

  /**
   * The task that a text asks for.
   *
   * @throws IllegalArgumentException if there is no such degradation, listing what there is
   */
  static Task task(String text) {
    Matcher named = NAMED.matcher(text);
    if (!named.matches()) {
      return Task.undoing(text);
    }
    String degradation = named.group(2);
    return new Task(
        named.group(1).strip(), Degradation.parse(degradation).scale(), degradation, "");
  }
}
