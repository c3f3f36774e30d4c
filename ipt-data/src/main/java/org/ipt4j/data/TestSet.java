package org.ipt4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Images to measure on: degraded ones, each with the clean one it shows.
 *
 * @param name for people, for instance {@code Set5}
 * @param origin where the degraded images come from, a sentence for a report
 */
public record TestSet(String name, PairSource pairs, String origin) {
  /** Each image is measured once, so none is kept. */
  private static final Limits ONCE = new Limits(Limits.DEFAULT.pixels(), 0);

  /**
   * Opens a folder in whichever layout it has, of those of {@link PairSource#open(Path, int,
   * Limits)}:
   *
   * <ul>
   *   <li>small and large images for the degradation {@code x2}, {@code x3}, … of their scale: the
   *       stored pairs; for another degradation the large ones, {@linkplain PairSource#degrading
   *       degraded here};
   *   <li>rainy and clean ones for {@code derain}: the stored pairs;
   *   <li>{@code input} and {@code target}, {@code lq} and {@code gt}: the stored pairs, whatever
   *       the degradation, of its scale;
   *   <li>otherwise clean images, those in {@code HR} or {@code GTmod12} if there is one, which are
   *       degraded here.
   * </ul>
   *
   * @param seed of what is random in a degradation made here
   * @throws IllegalArgumentException if there is no image, a stored image has no partner, the
   *     stored pairs are rainy and the degradation is another one, or images look like pairs in a
   *     layout that is not known
   */
  public static TestSet open(Path folder, Degradation degradation, long seed) throws IOException {
    String name = name(folder);
    StoredPairs stored = StoredPairs.in(folder, degradation.scale(), ONCE);
    if (!isStored(folder, stored, degradation)) {
      return degrading(name, stored.clean(), degradation, seed);
    }
    MatchedPairs pairs = stored.pairs();
    String folders = pairs.folders();
    return new TestSet(
        name,
        pairs,
        "as stored in "
            + (folders.isEmpty() ? stored.layout().text(degradation.scale()) : folders));
  }

  private static boolean isStored(Path folder, StoredPairs stored, Degradation degradation) {
    if (stored.layout() == null) {
      return false;
    }
    return switch (stored.layout().made()) {
      case SOMEHOW -> true;
      case SHRUNK -> degradation instanceof BicubicShrinking && stored.areThere();
      case RAIN -> {
        if (!RainStreaks.isRain(degradation)) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "%s holds pairs of rainy and clean images, which are for derain, not %s",
                  folder,
                  degradation.name()));
        }
        yield true;
      }
    };
  }

  /** Clean images, {@linkplain PairSource#degrading degraded here}. */
  public static TestSet degrading(
      String name, ImageSource clean, Degradation degradation, long seed) {
    return new TestSet(
        name,
        PairSource.degrading(clean, degradation, seed),
        String.format(
            Locale.ROOT,
            "made here of the clean images: %s, seed %d, clipped and rounded to 8 bits",
            degradation.name(),
            seed));
  }

  /**
   * Degraded images of one folder and clean ones of another, by {@linkplain PairSource#matched
   * equal names}.
   *
   * @throws IllegalArgumentException if an image has no partner
   */
  public static TestSet matched(Path degraded, Path clean, int scale) throws IOException {
    PairSource pairs =
        PairSource.matched(ImageSource.open(degraded, ONCE), ImageSource.open(clean, ONCE), scale);
    return new TestSet(name(clean), pairs, "as stored in " + name(degraded));
  }

  private static String name(Path folder) {
    Path last = folder.toAbsolutePath().normalize().getFileName();
    return last == null ? folder.toString() : last.toString();
  }
}
