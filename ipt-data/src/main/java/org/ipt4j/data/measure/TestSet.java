package org.ipt4j.data.measure;

import java.io.IOException;
import java.nio.file.Path;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Limits;

/**
 * Images to measure on: degraded ones, each with its clean image.
 *
 * @param name for people, for instance {@code Set5}
 * @param origin where the degraded images come from, a sentence for a report
 */
public record TestSet(String name, PairSource pairs, String origin) {
  /** Each image is measured once, so none is kept. */
  private static final Limits ONCE = new Limits(Limits.DEFAULT.pixels(), 0);

  /** The pairs that a folder has for a degradation, see {@link PairSource#openFor}. */
  public static TestSet open(Path folder, Degradation degradation, long seed) throws IOException {
    return of(name(folder), PairSource.openFor(folder, degradation, seed, ONCE));
  }

  /** Clean images, {@linkplain PairSource#degrading degraded here}. */
  public static TestSet degrading(
      String name, ImageSource clean, Degradation degradation, long seed) {
    return of(name, PairSource.degrading(clean, degradation, seed));
  }

  private static TestSet of(String name, PairSource pairs) {
    return new TestSet(name, pairs, pairs.origin());
  }

  /**
   * Degraded images of one folder and clean ones of another, matched by {@linkplain
   * PairSource#matched equal names}.
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
