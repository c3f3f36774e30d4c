package org.ipt4j.data;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What stands behind the colon of a degradation's name: a preset, {@code key=value}s, or both. */
final class Settings {
  private final String name;
  private String preset;
  private final Map<String, String> values = new LinkedHashMap<>();

  Settings(String name, String text) {
    this.name = name;
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int equals = part.indexOf('=');
      boolean repeated =
          equals < 0
              ? preset != null
              : values.put(part.substring(0, equals), part.substring(equals + 1)) != null;
      if (part.isEmpty() || repeated) {
        throw new IllegalArgumentException(
            String.format(Locale.ROOT, "%s has an empty or repeated setting in '%s'", name, text));
      }
      if (equals < 0) {
        preset = part;
      }
    }
  }

  /** The preset, or {@code fallback} where none is named. */
  String preset(String fallback) {
    String chosen = preset == null ? fallback : preset;
    preset = null;
    return chosen;
  }

  Range range(String key, Range fallback) {
    String text = values.remove(key);
    try {
      return text == null ? fallback : Range.parse(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s:%s is a number or a range like 0..50, got %s", name, key, text),
          e);
    }
  }

  /** To be called when all that are known have been asked for. */
  void checkNoneLeft() {
    if (preset != null || !values.isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s knows no setting %s",
              name,
              preset != null ? preset : values.keySet()));
    }
  }
}
