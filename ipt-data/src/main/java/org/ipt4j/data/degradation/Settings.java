package org.ipt4j.data.degradation;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The settings in a degradation's name after the task: the number directly after it, a preset, and
 * {@code key=value} pairs. Each is taken once, by the code that knows it.
 */
final class Settings {
  private final String task;
  private String number;
  private String preset;
  private final Map<String, String> values = new LinkedHashMap<>();

  /** The number may be empty and the text missing. */
  Settings(String task, String number, String text) {
    this.task = task;
    this.number = number.isEmpty() ? null : number;
    for (String part : text == null ? new String[0] : text.split(",", -1)) {
      int equals = part.indexOf('=');
      boolean repeated =
          equals < 0
              ? preset != null
              : values.put(part.substring(0, equals), part.substring(equals + 1)) != null;
      if (part.isEmpty() || repeated) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "%s has an empty or repeated setting in '%s'", task, text));
      }
      if (equals < 0) {
        preset = part;
      }
    }
  }

  /** The number after the task's name, or null if there is none. */
  String number() {
    String given = number;
    number = null;
    return given;
  }

  /** The preset, or {@code fallback} if none is named. */
  String preset(String fallback) {
    String given = preset;
    preset = null;
    return given == null ? fallback : given;
  }

  Range range(String key, Range fallback) {
    String text = values.remove(key);
    try {
      return text == null ? fallback : Range.parse(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s:%s is a number or a range like 0..50, got %s", task, key, text),
          e);
    }
  }

  void checkNoneLeft() {
    if (number != null || preset != null || !values.isEmpty()) {
      Object left = number != null ? number : preset != null ? preset : values.keySet();
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s knows no setting %s", task, left));
    }
  }
}
