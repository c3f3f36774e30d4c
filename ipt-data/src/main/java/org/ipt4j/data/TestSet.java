package org.ipt4j.data;

import java.io.IOException;
import java.nio.file.Files;
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
   * Opens a folder in whichever layout it has:
   *
   * <ul>
   *   <li>{@code HR} and {@code LR_bicubic/X2} (X3, …) for the degradation of that name: the stored
   *       pairs, {@link PairSource#open(Path, int)};
   *   <li>{@code rain} and {@code norain}, or files {@code rain-…} and {@code norain-…}, for {@code
   *       derain}: the stored pairs;
   *   <li>otherwise clean images, those in {@code HR} if there is one, which are {@linkplain
   *       PairSource#degrading degraded here}.
   * </ul>
   *
   * @param seed of what is random in a degradation made here
   * @throws IllegalArgumentException if there is no image, a stored image has no partner, or the
   *     stored pairs are rainy and the degradation is another one
   */
  public static TestSet open(Path folder, Degradation degradation, long seed) throws IOException {
    String name = name(folder);
    int scale = degradation.scale();
    Path small = folder.resolve("LR_bicubic").resolve("X" + scale);
    Path large = folder.resolve("HR");
    if (degradation instanceof BicubicShrinking
        && Files.isDirectory(small)
        && Files.isDirectory(large)) {
      return new TestSet(
          name,
          PairSource.open(folder, scale, ONCE),
          "as stored in LR_bicubic/X" + scale + " beside HR");
    }
    ImageSource clean = ImageSource.open(Files.isDirectory(large) ? large : folder, ONCE);
    if (!hasRain(clean)) {
      return degrading(name, clean, degradation, seed);
    }
    if (!(degradation instanceof RainStreaks)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s holds pairs of rainy and clean images, which are for derain, not %s",
              folder,
              degradation.name()));
    }
    return new TestSet(name, PairSource.open(folder, 1, ONCE), "as stored beside the clean ones");
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

  private static boolean hasRain(ImageSource images) {
    for (int i = 0; i < images.size(); i++) {
      String name = "/" + images.name(i);
      if (name.startsWith("/norain/") || name.contains("/norain-")) {
        return true;
      }
    }
    return false;
  }
}
