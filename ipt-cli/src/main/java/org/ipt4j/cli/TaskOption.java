package org.ipt4j.cli;

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
