package org.ipt4j.data.batch;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The layouts in which data sets hold pairs. What tells the halves is the name of a folder, at any
 * depth and in any case, or of the file itself; the rest of the path is what the two of a pair have
 * in common. A folder's name may begin with the set's, as in {@code DIV2K_valid_HR}. For a scale
 * above 1 the degraded one's name may have {@code x2} and so on behind it, {@link MatchedPairs}.
 */
enum PairLayout {
  /** The benchmark sets of super-resolution; DIV2K and Flickr2K. */
  BENCHMARK(Made.SHRUNK, "HR", "LR_bicubic/X2", folder("HR"), folder("LR_bicubic[/_]X{s}")),
  /** The benchmark sets as BasicSR and KAIR have them. */
  MODCROPPED(Made.SHRUNK, "GTmod12", "LRbicx2", folder("GTmod\\d*"), folder("LRbicx{s}")),
  /** Without a word on how they were shrunk. */
  SMALL_AND_LARGE(Made.SHRUNK, "HR", "LR", folder("HR"), folder("LR(?:[/_]X{s}(?=/)|(?!/X\\d+/))")),
  /** As SelfExSR and LapSRN have them: {@code img_001_SRF_2_HR}. */
  NAMED(Made.SHRUNK, "NAME_HR", "NAME_LR", ofScale("(.*)_HR"), ofScale("(.*)_LR")),
  /** Rain, by folders. */
  RAIN(Made.RAIN, "norain", "rain", "((?:.*/)?)norain/(.+)", "((?:.*/)?)rain/(.+)"),
  /** Rain, by names. */
  RAIN_NAMED(
      Made.RAIN, "norain-NAME", "rain-NAME", "(?:.*/)?norain-([^/]*)", "(?:.*/)?rain-([^/]*)"),
  /** As Restormer has them. */
  TARGETS(Made.SOMEHOW, "target", "input", folder("targets?"), folder("inputs?")),
  /** Ground truth and low quality. */
  QUALITIES(Made.SOMEHOW, "gt", "lq", folder("(?:gt|hq)"), folder("lq"));

  /** How the degraded images came to be. */
  enum Made {
    /** Shrunk, bicubic. */
    SHRUNK,
    /** Rained on. */
    RAIN,
    /** By whatever the set is about. */
    SOMEHOW
  }

  private final Made made;
  private final String cleanName;
  private final String degradedName;
  private final String clean;
  private final String degraded;

  PairLayout(Made made, String cleanName, String degradedName, String clean, String degraded) {
    this.made = made;
    this.cleanName = cleanName;
    this.degradedName = degradedName;
    this.clean = clean;
    this.degraded = degraded;
  }

  private static String folder(String name) {
    return "((?:.*/)?(?:[^/]*[_-])?)" + name + "/(.+)";
  }

  private static String ofScale(String name) {
    return "(?!.*SRF_(?!{s}(?!\\d)))" + name;
  }

  Made made() {
    return made;
  }

  /** What a clean image's path has in common with its degraded one's; null for other images. */
  UnaryOperator<String> clean(int scale) {
    return common(clean, String.valueOf(scale));
  }

  /** What a degraded image's path has in common with its clean one's; null for other images. */
  UnaryOperator<String> degraded(int scale) {
    return common(degraded, String.valueOf(scale));
  }

  /** As {@link #clean(int)}, of any scale. */
  UnaryOperator<String> clean() {
    return common(clean, "\\d+");
  }

  /** As {@link #degraded(int)}, of any scale. */
  UnaryOperator<String> degraded() {
    return common(degraded, "\\d+");
  }

  private static UnaryOperator<String> common(String regex, String scale) {
    Pattern pattern = Pattern.compile(regex.replace("{s}", scale), Pattern.CASE_INSENSITIVE);
    return name -> {
      Matcher matcher = pattern.matcher(Half.stem(name));
      return matcher.matches() ? joined(matcher.toMatchResult()) : null;
    };
  }

  private static String joined(MatchResult groups) {
    return IntStream.rangeClosed(1, groups.groupCount())
        .mapToObj(groups::group)
        .collect(Collectors.joining());
  }

  /** All of them, for a message. */
  static String known() {
    return Arrays.stream(values())
        .map(layout -> layout.cleanName + " + " + layout.degradedName)
        .collect(Collectors.joining(", "));
  }

  /** For instance {@code LR_bicubic/X3 beside HR}. */
  String text(int scale) {
    return String.format(
        Locale.ROOT,
        "%s beside %s",
        degradedName.replace("X2", "X" + scale).replace("x2", "x" + scale),
        cleanName);
  }
}
