package org.ipt4j.data.degradation;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Window;

/**
 * Makes a degraded image from a clean one. Implementations keep no state between calls: the result
 * is a pure function of the image and the generator's numbers, so one object serves many threads.
 * The named degradations of {@link #parse} are records, equal if they do the same.
 */
public interface Degradation {
  /**
   * The degraded image. It has {@code clean}'s size or, for a scale s, ⌊H/s⌋×⌊W/s⌋; {@code clean}
   * is first cut at its right and bottom to a multiple of s. Values are within 0..255.
   */
  Image apply(Image clean, RandomGenerator random);

  /**
   * The pixels of a clean image of that size on which an area of the result depends, and perhaps
   * more.
   */
  default Area reads(Area wanted, int height, int width) {
    return new Area(0, 0, height, width);
  }

  /**
   * The same as {@code apply(clean.image(), random).crop(wanted)}, by the same numbers of the
   * generator, at less cost where possible.
   *
   * @param clean asked for no more than {@link #reads}
   */
  default Image part(Window clean, Area wanted, RandomGenerator random) {
    Image degraded = apply(clean.image(), random);
    if (degraded.height() != clean.height() / scale()
        || degraded.width() != clean.width() / scale()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s, of scale %d, made %d×%d (height×width) of %d×%d",
              name(),
              scale(),
              degraded.height(),
              degraded.width(),
              clean.height(),
              clean.width()));
    }
    return degraded.crop(wanted);
  }

  /** How many times smaller the result's sides are. */
  default int scale() {
    return 1;
  }

  /**
   * The largest distance, in clean pixels, from which a degraded pixel is affected. A training
   * patch is degraded with a margin of so many pixels and is then the same as in the whole image.
   */
  default int margin() {
    return 0;
  }

  /**
   * The grid of places on which the result depends, such as JPEG's blocks; a training patch is
   * degraded from a multiple of it on.
   */
  default int grid() {
    return 1;
  }

  /**
   * Whether this one may do all that {@code other} does: the same kind, with settings within this
   * one's ranges.
   */
  default boolean includes(Degradation other) {
    return equals(other);
  }

  /** The shortest name from which {@link #parse} makes this degradation; for your own, any text. */
  String name();

  /**
   * The degradation with a name. A task may be followed by a colon and settings: numbers {@code
   * key=5}, or ranges {@code key=0..50} from which a number is drawn for each image:
   *
   * <table>
   * <caption>Tasks; settings with their defaults and limits</caption>
   * <tr><th>task<th>settings<th>what it does
   * <tr><td>x2, x3, x4, x8<td><td>shrinks as MATLAB's imresize, {@link Bicubic}
   * <tr><td>denoise, denoise30, …<td>sigma=0..50 (0..255)<td>Gaussian noise
   * <tr><td>denoise:poisson<td>peak=10..200 (1..10000)<td>photon noise; peak is the expected number of photons for white
   * <tr><td>derain (:mixed), derain:light, :heavy
   * <td>directions (1..5), density (0..50), angle (−45..45), length (1..200), thickness (0.2..3), intensity (0..255), by preset<td>adds bright streaks
   * <tr><td>jpeg<td>quality=10..90 (1..100)<td>JPEG compression
   * <tr><td>deblur:gaussian<td>sigma=0.5..3 (0.1..20)<td>Gaussian blur
   * <tr><td>deblur:motion<td>length=5..25 (1..100), angle=0..180 (−180..180)<td>blur along a line
   * <tr><td>dehaze<td>beta=0.6..1.8 (0..10), airlight=0.7..1 (0..1)<td>haze
   * <tr><td>lowlight<td>gamma=1.5..3 (1..10), sigma=0..25 (0..255)<td>darkness and noise
   * <tr><td>desnow<td>density=1..6 (0..50), radius=0.7..5 (0.5..30), opacity=0.4..1 (0..1)
   * <td>snow
   * <tr><td>inpaint:boxes, :strokes, :pixels<td>fraction=0.1..0.4 (0..0.9)<td>black holes
   * </table>
   *
   * {@code A+B} applies one after the other; {@code A|B} applies one of the two, drawn for each
   * image; {@code +} binds stronger; parentheses are allowed.
   *
   * @throws IllegalArgumentException if there is none of that name, listing what there is
   */
  static Degradation parse(String name) {
    return Degradations.parse(name);
  }

  /** The degradation with a name, as {@link #parse}, if there is one. */
  static Optional<Degradation> find(String name) {
    try {
      return Optional.of(parse(name));
    } catch (IllegalArgumentException ownName) {
      return Optional.empty();
    }
  }

  /** A name of each kind that {@link #parse} understands. */
  static List<String> known() {
    return Degradations.KNOWN;
  }
}
