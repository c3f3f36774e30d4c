package org.ipt4j.data.degradation;

import java.util.List;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;

/**
 * Makes a degraded image of a clean one. Implementations keep nothing between calls: what comes out
 * is a pure function of the image and of what the generator gives, so one object serves many
 * threads. Those named in {@link #parse} are records, equal when they do the same.
 */
public interface Degradation {
  /**
   * The degraded image: of {@code clean}'s size, or for a scale s of ⌊H/s⌋×⌊W/s⌋, {@code clean}
   * being cut to a multiple of s at its right and bottom first. Values are within 0..255.
   */
  Image apply(Image clean, RandomGenerator random);

  /** How many times smaller the result's sides are. */
  default int scale() {
    return 1;
  }

  /**
   * How many clean pixels beyond its own place a degraded one depends on, at most; a training patch
   * is degraded with so many pixels around it and is then what it would be in the whole image.
   */
  default int margin() {
    return 0;
  }

  /**
   * The result depends on the place of pixels modulo this, as that of JPEG does on its blocks; a
   * training patch is degraded from a multiple of it on.
   */
  default int grid() {
    return 1;
  }

  /**
   * Whether all that {@code other} does is among what this one may do: the same with settings that
   * lie within this one's ranges.
   */
  default boolean includes(Degradation other) {
    return equals(other);
  }

  /** What {@link #parse} makes this of, in its shortest form; of your own: any text. */
  String name();

  /**
   * The degradation of a name. A task may be followed by a colon and settings, numbers {@code
   * key=5} or ranges {@code key=0..50} from which one is drawn for each image:
   *
   * <table>
   * <caption>Tasks; settings with their values if not given, and limits</caption>
   * <tr><th>task<th>settings<th>what it does
   * <tr><td>x2, x3, x4, x8<td><td>shrinks as MATLAB's imresize, {@link Bicubic}
   * <tr><td>denoise, denoise30, …<td>sigma=0..50 (0..255)<td>Gaussian noise
   * <tr><td>denoise:poisson<td>peak=10..200 (1..10000)<td>photon noise; peak is what white expects
   * <tr><td>derain (:mixed), derain:light, :heavy
   * <td>directions (1..5), density (0..50), angle (−45..45), length (1..200), thickness (0.2..3),
   * intensity (0..255), by preset<td>adds bright streaks
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
   * {@code A+B} does one after the other, {@code A|B} either, drawn for each image, {@code +} binds
   * stronger, parentheses are allowed.
   *
   * @throws IllegalArgumentException if there is none of that name, listing what there is
   */
  static Degradation parse(String name) {
    return Degradations.parse(name);
  }

  /** A name of each kind that {@link #parse} understands. */
  static List<String> known() {
    return Degradations.KNOWN;
  }
}
