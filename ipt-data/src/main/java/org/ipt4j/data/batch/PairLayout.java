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
 * The layouts of pairs in data sets. The name of a folder, at any depth and in any case, or of the
 * file itself tells the halves apart; the rest of the path is the same for both images of a pair. A
 * folder's name may begin with the name of the set, as in {@code DIV2K_valid_HR}. For a scale above
 * 1 the degraded image's name may end in {@code x2} and so on, see {@link MatchedPairs}.
 */
enum PairLayout {
  /** The benchmark sets of super-resolution; DIV2K and Flickr2K. */
  BENCHMARK(Made.SHRUNK, "HR", "LR_bicubic/X2", folder("HR"), folder("LR_bicubic[/_]X{s}")),
  /** The benchmark sets in the form of BasicSR and KAIR. */
  MODCROPPED(Made.SHRUNK, "GTmod12", "LRbicx2", folder("GTmod\\d*"), folder("LRbicx{s}")),
  /** The names do not say how the images were shrunk. */
  SMALL_AND_LARGE(Made.SHRUNK, "HR", "LR", folder("HR"), folder("LR(?:[/_]X{s}(?=/)|(?!/X\\d+/))")),
  /** The form of SelfExSR and LapSRN: {@code img_001_SRF_2_HR}. */
  NAMED(Made.SHRUNK, "NAME_HR", "NAME_LR", ofScale("(.*)_HR"), ofScale("(.*)_LR")),
  /** Rain, by folders. */
  RAIN(Made.RAIN, "norain", "rain", "((?:.*/)?)norain/(.+)", "((?:.*/)?)rain/(.+)"),
  /** Rain, by names. */
  RAIN_NAMED(
      Made.RAIN, "norain-NAME", "rain-NAME", "(?:.*/)?norain-([^/]*)", "(?:.*/)?rain-([^/]*)"),
  /** The form of Restormer. */
  TARGETS(Made.SOMEHOW, "target", "input", folder("targets?"), folder("inputs?")),
  /** Ground truth and low quality. */
  QUALITIES(Made.SOMEHOW, "gt", "lq", folder("(?:gt|hq)"), folder("lq"));

  /** How the degraded images were made. */
  enum Made {
    /** Shrunk, bicubic. */
    SHRUNK,
    /** With rain. */
    RAIN,
    /** In the way the set is about. */
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

  /** The part of a clean image's path that its degraded image shares; null for other images. */
  UnaryOperator<String> clean(int scale) {
    return common(clean, String.valueOf(scale));
  }

  /** The part of a degraded image's path that its clean image shares; null for other images. */
  UnaryOperator<String> degraded(int scale) {
    return common(degraded, String.valueOf(scale));
  }

  /** As {@link #clean(int)}, for any scale. */
  UnaryOperator<String> clean() {
    return common(clean, "\\d+");
  }

  /** As {@link #degraded(int)}, for any scale. */
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

  /** All layouts, for a message. */
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
