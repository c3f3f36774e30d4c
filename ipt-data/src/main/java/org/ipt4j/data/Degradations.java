package org.ipt4j.data;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The degradations that have names. */
final class Degradations {
  private static final Pattern NAME = Pattern.compile("([a-z]+)([0-9]*)(?::(.+))?");

  /** How a degradation is made of the number in its name (empty if none) and its settings. */
  private interface Maker {
    Degradation make(String number, Settings settings);
  }

  private static final Map<String, Maker> MAKERS = new LinkedHashMap<>();
  private static final String KNOWN =
      "x2, x3, x4, x8, denoise30, denoise50, denoise:sigma=0..50, "
          + "derain, derain:light, derain:heavy, derain:mixed";

  static {
    MAKERS.put("x", (number, settings) -> new BicubicShrinking(Integer.parseInt(number)));
    MAKERS.put(
        "denoise",
        (number, settings) ->
            new GaussianNoise(
                number.isEmpty()
                    ? settings.range("sigma", new Range(0, 50))
                    : Range.parse(number)));
    MAKERS.put("derain", unnumbered(RainStreaks::of));
  }

  private Degradations() {}

  private static Maker unnumbered(Function<Settings, Degradation> maker) {
    return (number, settings) -> {
      if (!number.isEmpty()) {
        throw new NumberFormatException();
      }
      return maker.apply(settings);
    };
  }

  static Degradation parse(String name) {
    Matcher parts = NAME.matcher(name);
    Maker maker = parts.matches() ? MAKERS.get(parts.group(1)) : null;
    if (maker == null) {
      throw unknown(name, null);
    }
    Settings settings = new Settings(parts.group(1), parts.group(3) == null ? "" : parts.group(3));
    try {
      Degradation made = maker.make(parts.group(2), settings);
      settings.checkNoneLeft();
      return made;
    } catch (NumberFormatException notThisNumber) {
      throw unknown(name, notThisNumber);
    }
  }

  private static IllegalArgumentException unknown(String name, Throwable cause) {
    return new IllegalArgumentException(
        "no degradation is named '" + name + "'; there are " + KNOWN, cause);
  }
}
