package org.ipt4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pairs of degraded and clean images by number, as data sets for one task come. */
public interface PairSource {
  /** How many pairs there are. */
  int size();

  /** How many times larger clean images' sides are, in all pairs. */
  int scale();

  /** The pair of that number, from 0 on; a clean image is cut to what its degraded one shows. */
  ImagePair pair(int index) throws UnreadableImageException;

  /** What to call a pair in messages and reports. */
  default String name(int index) {
    return "pair " + index;
  }

  /** The pairs of these numbers alone, in this order. */
  default PairSource only(int... numbers) {
    return new SomePairs(this, numbers);
  }

  /** As {@link #open(Path, int, Limits)} with {@link Limits#DEFAULT}. */
  static PairSource open(Path folder, int scale) throws IOException {
    return open(folder, scale, Limits.DEFAULT);
  }

  /**
   * The pairs of a folder laid out as the field's data sets are:
   *
   * <ul>
   *   <li>for a scale above 1, clean images in {@code HR}, shrunk ones of equal names, or with
   *       {@code x2} behind them, in {@code LR_bicubic/X2};
   *   <li>for scale 1, folders {@code rain} and {@code norain} with equal names, or files {@code
   *       rain-001.png} and {@code norain-001.png} anywhere in it.
   * </ul>
   *
   * @throws IllegalArgumentException if it has none of these layouts or an image has no partner,
   *     naming it
   */
  static PairSource open(Path folder, int scale, Limits limits) throws IOException {
    if (scale > 1) {
      return matched(
          ImageSource.open(folder.resolve("LR_bicubic").resolve("X" + scale), limits),
          ImageSource.open(folder.resolve("HR"), limits),
          scale);
    }
    if (Files.isDirectory(folder.resolve("rain")) && Files.isDirectory(folder.resolve("norain"))) {
      return matched(
          ImageSource.open(folder.resolve("rain"), limits),
          ImageSource.open(folder.resolve("norain"), limits),
          1);
    }
    ImageSource mixed = ImageSource.open(folder, limits);
    return new MatchedPairs(mixed, mixed, 1, MatchedPairs.Naming.RAIN_NORAIN);
  }

  /**
   * Pairs of images with equal names but for their endings; for a scale above 1 the degraded one's
   * may have {@code x2} and so on behind it.
   *
   * @throws IllegalArgumentException if an image has no partner, naming it
   */
  static PairSource matched(ImageSource degraded, ImageSource clean, int scale) {
    return new MatchedPairs(degraded, clean, scale, MatchedPairs.Naming.EQUAL);
  }

  /**
   * Clean images and what a degradation makes of them, clipped and rounded to 8 bits. What is
   * random depends on {@code seed} and the image's name, not on the other images.
   */
  static PairSource degrading(ImageSource clean, Degradation degradation, long seed) {
    return new DegradedPairs(clean, degradation, seed);
  }
}
