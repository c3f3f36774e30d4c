package org.ipt4j.data.batch;

import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.UnreadableImageException;

/**
 * Pairs matched by the names of their images. All degraded images' names may have one ending more,
 * as in {@code fox-noisy.png}. For a scale above 1 a degraded image's name may end in {@code x2},
 * {@code _x2} and so on. A clean image's name may end so too, as {@code fox2.png}: the ending
 * counts as a part of the name if otherwise an image would have no partner.
 */
final class MatchedPairs implements PairSource {
  private final Half degraded;
  private final Half clean;
  private final int scale;
  private final String layout;
  private final int[] degradedOf;
  private final int[] cleanOf;

  /**
   * Matches them.
   *
   * @param layout describes, for messages, where they lie if not in two folders; may be empty
   */
  MatchedPairs(Half degraded, Half clean, int scale, String layout) {
    this.degraded = degraded;
    this.clean = clean;
    this.scale = scale;
    this.layout = layout;
    Map<String, Integer> cleanByKey = byKey(clean, key -> key);
    Map<String, Integer> degradedByKey = byKey(degraded, naming(degraded, clean, scale));
    checkPartners(degradedByKey, degraded, cleanByKey, "clean");
    checkPartners(cleanByKey, clean, degradedByKey, "degraded");
    degradedOf = degradedByKey.values().stream().mapToInt(Integer::intValue).toArray();
    cleanOf = cleanByKey.values().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Whether at least one image of each half has a partner in the other. */
  static boolean meet(Half degraded, Half clean, int scale) {
    return keys(degraded, naming(degraded, clean, scale)).stream()
        .anyMatch(keys(clean, key -> key)::contains);
  }

  // what to make of a degraded image's key: as it is, or without an ending that all have, or x2
  private static UnaryOperator<String> naming(Half degraded, Half clean, int scale) {
    Set<String> cleanKeys = keys(clean, key -> key);
    UnaryOperator<String> whole = key -> key;
    if (keys(degraded, whole).equals(cleanKeys)) {
      return whole;
    }
    Optional<String> ending =
        endings(degraded, cleanKeys)
            .filter(one -> keys(degraded, key -> without(one, key)).equals(cleanKeys))
            .findFirst();
    if (ending.isPresent()) {
      return key -> without(ending.get(), key);
    }
    if (scale == 1) {
      return whole;
    }
    Pattern suffix = Pattern.compile("[_-]?x" + scale + "$", Pattern.CASE_INSENSITIVE);
    UnaryOperator<String> cut = key -> suffix.matcher(key).replaceFirst("");
    return keys(degraded, cut).equals(cleanKeys)
        ? cut
        : key -> cleanKeys.contains(key) ? key : cut.apply(key);
  }

  /** What all degraded images' names may have more than the clean ones'. */
  private static Stream<String> endings(Half degraded, Set<String> cleanKeys) {
    Set<String> all = keys(degraded, key -> key);
    String any = all.stream().findFirst().orElse("");
    return cleanKeys.stream()
        .filter(any::startsWith)
        .map(key -> any.substring(key.length()))
        .filter(ending -> ending.matches("[-_].+"))
        .filter(ending -> all.stream().allMatch(key -> key.endsWith(ending)));
  }

  private static String without(String ending, String key) {
    return key.substring(0, key.length() - ending.length());
  }

  private static Set<String> keys(Half half, UnaryOperator<String> naming) {
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < half.size(); i++) {
      keys.add(naming.apply(half.key(i)));
    }
    return keys;
  }

  private static Map<String, Integer> byKey(Half half, UnaryOperator<String> naming) {
    Map<String, Integer> byKey = new TreeMap<>();
    for (int i = 0; i < half.size(); i++) {
      Integer other = byKey.put(naming.apply(half.key(i)), i);
      if (other != null) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "two images have one name but for their endings: %s and %s",
                half.name(other),
                half.name(i)));
      }
    }
    return byKey;
  }

  private static void checkPartners(
      Map<String, Integer> all, Half half, Map<String, Integer> partners, String missing) {
    all.forEach(
        (key, index) -> {
          if (!partners.containsKey(key)) {
            throw new IllegalArgumentException(
                "no " + missing + " image belongs to " + half.name(index));
          }
        });
  }

  @Override
  public String origin() {
    boolean two =
        !degraded.folder().isEmpty()
            && !clean.folder().isEmpty()
            && !degraded.folder().equals(clean.folder());
    String where = two ? degraded.folder() + " beside " + clean.folder() : layout;
    return where.isEmpty() ? "as stored" : "as stored in " + where;
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
              "expected %d×%d (height×width), 1/%d of the clean image's %d×%d, got %d×%d",
              large.height() / scale,
              large.width() / scale,
              scale,
              large.height(),
              large.width(),
              small.height(),
              small.width()));
    }
    return new ImagePair(small, large.croppedToMultiple(scale));
  }
}
