package org.ipt4j.data.batch;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.ipt4j.data.image.ImageSource;

/**
 * Finds images that look like pairs though no {@link PairLayout} fits: two images whose paths are
 * equal except for words such as {@code noisy} and {@code clean}, or {@code x2}; and neighbouring
 * folders whose names can hardly mean anything else. Folders with other names are not taken for
 * halves.
 */
final class UnknownPairs {
  private static final Pattern HUMP = Pattern.compile("(?<=[a-z])(?=[A-Z])");
  private static final Pattern SCALE = Pattern.compile("(?<![a-z])x[2348](?![a-z0-9])|x[2348]$");

  // words that are part of pictures' names and of categories too count if the rest is one
  private static final Pattern SURELY_DEGRADED =
      word("lr[a-z]*[2348]?|lq|inputs?[clr]?|degraded|noisy|lo(?:w_?)?res|low_?quality");
  private static final Pattern DEGRADED =
      word(
          "low|noise|blur|blurry|blurred|rain|rainy|haze|hazy|fog|foggy|snow|snowy|shadow|dark"
              + "|before|small|thumb(?:nail)?s?|raw|compressed|corrupted|distorted|damaged|masked|bicubic|bic|downsampled|down");
  private static final Pattern SURELY_CLEAN =
      word("hr|hq|gts?|gtmod|targets?|clean|ground_?truth|hi(?:gh_?)?res|high_?quality");
  private static final Pattern CLEAN =
      word(
          "high|sharp|clear|after|large|originals?|orig|normal|references?|ref|labels?|truth|free"
              + "|no_?(?:rain|haze|noise|blur|fog|snow|shadow)");

  private static final Pattern SAYS_NOTHING = // of a folder
      word("images?|imgs?|png|jpe?g|data|photos?|pictures?|frames?");

  private UnknownPairs() {}

  private static Pattern word(String words) {
    return Pattern.compile("(?<![a-z])(?:" + words + ")(?![a-z])");
  }

  /**
   * Refuses images that look like pairs.
   *
   * @throws IllegalArgumentException naming two that do
   */
  static void check(Object from, ImageSource images) {
    Map<String, String> degraded = new HashMap<>(); // by what is left of their names
    Map<String, String> others = new HashMap<>();
    Map<String, String> degradedFolders = new HashMap<>(); // by the folder they lie in
    Map<String, String> cleanFolders = new HashMap<>();
    for (int i = 0; i < images.size(); i++) {
      String name = images.name(i);
      Words words = Words.of(name);
      (words.degraded() ? degraded : others).putIfAbsent(words.rest(), name);
      for (int end = name.indexOf('/'); end > 0; end = name.indexOf('/', end + 1)) {
        String folder = name.substring(0, end);
        String last = lower(folder.substring(folder.lastIndexOf('/') + 1));
        String parent = folder.substring(0, folder.lastIndexOf('/') + 1);
        if (SURELY_CLEAN.matcher(last).find()) {
          cleanFolders.putIfAbsent(parent, folder);
        } else if (SURELY_DEGRADED.matcher(last).find() || SCALE.matcher(last).matches()) {
          degradedFolders.putIfAbsent(parent, folder);
        }
      }
    }
    refuse(from, degradedFolders, cleanFolders);
    refuse(from, degraded, others);
  }

  private static void refuse(
      Object from, Map<String, String> degraded, Map<String, String> others) {
    degraded.forEach(
        (key, one) -> {
          if (others.containsKey(key)) {
            throw new IllegalArgumentException(
                String.format(
                    Locale.ROOT,
                    "%s: %s and %s look like the degraded and the clean half of pairs, in no layout"
                        + " that is known (%s); name the halves' folders (--degraded DIR --data"
                        + " DIR), or those of clean images alone (--data DIR …)",
                    from,
                    one,
                    others.get(key),
                    PairLayout.known()));
          }
        });
  }

  private static String lower(String name) {
    return HUMP.matcher(name).replaceAll("_").toLowerCase(Locale.ROOT);
  }

  /**
   * The words of an image's path: whether they say that it is degraded, and the path without them.
   */
  private record Words(boolean degraded, String rest) {
    static Words of(String name) {
      boolean degraded = false;
      boolean clean = false;
      StringBuilder rest = new StringBuilder();
      String[] parts = lower(Half.stem(name)).split("/");
      for (int i = 0; i < parts.length; i++) {
        boolean isFile = i == parts.length - 1;
        boolean sure = has(parts[i], SURELY_CLEAN, SURELY_DEGRADED, SCALE);
        String own = isFile ? ofFile(parts[i]) : sure ? "" : ofFolder(parts[i]);
        if (isFile && !sure && own.isEmpty()) { // low.png is a name, low-1.png a half
          own = parts[i];
        } else {
          clean |= has(parts[i], SURELY_CLEAN, CLEAN);
          degraded |= has(parts[i], SURELY_DEGRADED, DEGRADED, SCALE);
        }
        rest.append(own).append(isFile || own.isEmpty() ? "" : "/");
      }
      return new Words(degraded && !clean, rest.toString());
    }

    private static String ofFile(String stem) {
      return without(stem, SURELY_CLEAN, CLEAN, SURELY_DEGRADED, DEGRADED, SCALE);
    }

    private static String ofFolder(String part) {
      String own = without(part, CLEAN, DEGRADED, SAYS_NOTHING);
      return has(part, CLEAN, DEGRADED) ? own.replaceAll("\\d", "") : own; // noise15
    }

    private static boolean has(String part, Pattern... words) {
      for (Pattern word : words) {
        if (word.matcher(part).find()) {
          return true;
        }
      }
      return false;
    }

    private static String without(String part, Pattern... words) {
      String left = part;
      for (Pattern word : words) {
        left = word.matcher(left).replaceAll("");
      }
      return left.replaceAll("[^\\p{L}\\p{N}]", "");
    }
  }
}
