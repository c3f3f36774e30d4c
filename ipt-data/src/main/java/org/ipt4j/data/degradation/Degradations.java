package org.ipt4j.data.degradation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The degradations that have names, and how names are put together:
 *
 * <pre>
 * choice  = chain { "|" chain }
 * chain   = link { "+" link }
 * link    = "(" choice ")" | task
 * task    = letters [ number ] [ ":" setting { "," setting } ]
 * setting = preset | key "=" number [ ".." number ]
 * </pre>
 */
final class Degradations {
  static final List<String> KNOWN =
      List.of(
          "x2",
          "x3",
          "x4",
          "x8",
          "denoise30",
          "denoise50",
          "denoise:sigma=0..50",
          "denoise:poisson",
          "derain",
          "derain:heavy",
          "derain:light",
          "jpeg:quality=10",
          "deblur:gaussian",
          "deblur:motion",
          "dehaze",
          "lowlight",
          "desnow",
          "inpaint:boxes",
          "inpaint:strokes",
          "inpaint:pixels");

  private static final Pattern TASK = Pattern.compile("([a-z]+)([0-9]*)(?::(.+))?");

  private static final Map<String, Function<Settings, Degradation>> MAKERS =
      Map.of(
          "x", BicubicShrinking::of,
          "denoise", Degradations::noise,
          "derain", RainStreaks::of,
          "jpeg", JpegCompression::of,
          "deblur", Degradations::blur,
          "dehaze", Haze::of,
          "lowlight", LowLight::of,
          "desnow", Snow::of,
          "inpaint", Inpainting::of);

  private static final int DEEPEST = 16; // parentheses within parentheses

  private final String text;
  private int at;
  private int depth;

  private Degradations(String text) {
    this.text = text;
  }

  static Degradation parse(String text) {
    Degradations parser = new Degradations(text);
    Degradation parsed = parser.choice();
    if (parser.at < text.length()) {
      throw parser.unknown(null);
    }
    return parsed;
  }

  private Degradation choice() {
    List<Degradation> options = new ArrayList<>();
    do {
      options.add(chain());
    } while (next('|'));
    return options.size() == 1 ? options.get(0) : new Choice(options);
  }

  private Degradation chain() {
    List<Degradation> links = new ArrayList<>();
    do {
      links.add(link());
    } while (next('+'));
    return links.size() == 1 ? links.get(0) : new Chain(links);
  }

  private Degradation link() {
    if (next('(')) {
      if (++depth > DEEPEST) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "a degradation has parentheses up to %d deep, got more at character %d",
                DEEPEST,
                at));
      }
      Degradation inner = choice();
      if (!next(')')) {
        throw unknown(null);
      }
      depth--;
      return inner;
    }
    int start = at;
    while (at < text.length() && "|+()".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return task(text.substring(start, at));
  }

  private boolean next(char expected) {
    boolean found = at < text.length() && text.charAt(at) == expected;
    at += found ? 1 : 0;
    return found;
  }

  private Degradation task(String task) {
    Matcher parts = TASK.matcher(task);
    Function<Settings, Degradation> maker = parts.matches() ? MAKERS.get(parts.group(1)) : null;
    if (maker == null) {
      throw unknown(null);
    }
    Settings settings = new Settings(parts.group(1), parts.group(2), parts.group(3));
    Degradation made;
    try {
      made = maker.apply(settings);
    } catch (NumberFormatException notThisNumber) {
      throw unknown(notThisNumber);
    }
    settings.checkNoneLeft();
    return made;
  }

  private static Degradation noise(Settings settings) {
    String preset = settings.preset("gaussian");
    return switch (preset) {
      case "gaussian" -> GaussianNoise.of(settings);
      case "poisson" -> PoissonNoise.of(settings);
      default ->
          throw new IllegalArgumentException("denoise is gaussian or poisson, got " + preset);
    };
  }

  private static Degradation blur(Settings settings) {
    String preset = settings.preset("gaussian");
    return switch (preset) {
      case "gaussian" -> GaussianBlur.of(settings);
      case "motion" -> MotionBlur.of(settings);
      default -> throw new IllegalArgumentException("deblur is gaussian or motion, got " + preset);
    };
  }

  private IllegalArgumentException unknown(Throwable cause) {
    return new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "no degradation is named '%s'; there are %s; A+B for one after the other, A|B for either",
            text,
            String.join(", ", KNOWN)),
        cause);
  }
}
