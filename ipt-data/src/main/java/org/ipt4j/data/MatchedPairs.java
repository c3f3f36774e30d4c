package org.ipt4j.data;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Pairs found by the names of images. */
final class MatchedPairs implements PairSource {
  /** How the names of a pair are alike. */
  enum Naming {
    EQUAL {
      @Override
      String degraded(String stem, int scale) {
        String suffix = "x" + scale;
        return scale > 1 && stem.endsWith(suffix)
            ? stem.substring(0, stem.length() - suffix.length())
            : stem;
      }

      @Override
      String clean(String stem) {
        return stem;
      }
    },
    RAIN_NORAIN {
      @Override
      String degraded(String stem, int scale) {
        return after("rain-", stem);
      }

      @Override
      String clean(String stem) {
        return after("norain-", stem);
      }

      private static String after(String prefix, String stem) {
        String file = stem.substring(stem.lastIndexOf('/') + 1);
        return file.startsWith(prefix) ? file.substring(prefix.length()) : null;
      }
    };

    /** What a pair's names have in common; null for what is no degraded image. */
    abstract String degraded(String stem, int scale);

    abstract String clean(String stem);
  }

  private final ImageSource degraded;
  private final ImageSource clean;
  private final int scale;
  private final int[] degradedOf;
  private final int[] cleanOf;

  MatchedPairs(ImageSource degraded, ImageSource clean, int scale, Naming naming) {
    this.degraded = degraded;
    this.clean = clean;
    this.scale = scale;
    Map<String, Integer> degradedByKey = new TreeMap<>();
    for (int i = 0; i < degraded.size(); i++) {
      put(degradedByKey, naming.degraded(stem(degraded.name(i)), scale), i, degraded);
    }
    Map<String, Integer> cleanByKey = new TreeMap<>();
    for (int i = 0; i < clean.size(); i++) {
      put(cleanByKey, naming.clean(stem(clean.name(i))), i, clean);
    }
    checkPartners(degradedByKey, degraded, cleanByKey, "clean");
    checkPartners(cleanByKey, clean, degradedByKey, "degraded");
    if (degradedByKey.isEmpty()) {
      throw new IllegalArgumentException(
          "no pair of images: among " + degraded.size() + " none is named rain-… or norain-…");
    }
    degradedOf = degradedByKey.values().stream().mapToInt(Integer::intValue).toArray();
    cleanOf = cleanByKey.values().stream().mapToInt(Integer::intValue).toArray();
  }

  private static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > name.lastIndexOf('/') ? name.substring(0, dot) : name;
  }

  private static void put(Map<String, Integer> byKey, String key, int index, ImageSource source) {
    Integer other = key == null ? null : byKey.put(key, index);
    if (other != null) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "two images have one name but for their endings: %s and %s",
              source.name(other),
              source.name(index)));
    }
  }

  private static void checkPartners(
      Map<String, Integer> all, ImageSource source, Map<String, Integer> partners, String missing) {
    all.forEach(
        (key, index) -> {
          if (!partners.containsKey(key)) {
            throw new IllegalArgumentException(
                "no " + missing + " image belongs to " + source.name(index));
          }
        });
  }

  @Override
  public int size() {
    return cleanOf.length;
  }

  @Override
  public int scale() {
    return scale;
  }

  @Override
  public String name(int index) {
    return degraded.name(degradedOf[index]);
  }

  @Override
  public ImagePair pair(int index) throws UnreadableImageException {
    Image small = degraded.image(degradedOf[index]);
    Image large = clean.image(cleanOf[index]);
    if (large.height() / scale != small.height() || large.width() / scale != small.width()) {
      throw new UnreadableImageException(
          name(index),
          String.format(
              Locale.ROOT,
              "%d×%d is not %s, %d×%d, at scale %d",
              small.height(),
              small.width(),
              clean.name(cleanOf[index]),
              large.height(),
              large.width(),
              scale));
    }
    return new ImagePair(small, large.croppedToMultiple(scale));
  }
}
