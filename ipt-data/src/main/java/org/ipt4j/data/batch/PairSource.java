package org.ipt4j.data.batch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Limits;
import org.ipt4j.data.image.UnreadableImageException;

/** Pairs of degraded and clean images by number, such as a data set for one task. */
public interface PairSource {
  /** How many pairs there are. */
  int size();

  /** How many times larger the clean images' sides are, in all pairs. */
  int scale();

  /** The pair with that number, from 0; the clean image is cut to what the degraded one shows. */
  ImagePair pair(int index) throws UnreadableImageException;

  /** The name of a pair in messages and reports. */
  default String name(int index) {
    return "pair " + index;
  }

  /** Where the degraded images come from, a sentence for a report. */
  default String origin() {
    return "from a source of its own";
  }

  /** The pairs with these numbers, in this order. */
  default PairSource only(int... numbers) {
    return new SomePairs(this, numbers);
  }

  /** As {@link #open(Path, int, Limits)} with {@link Limits#DEFAULT}. */
  static PairSource open(Path folder, int scale) throws IOException {
    return open(folder, scale, Limits.DEFAULT);
  }

  /**
   * The pairs of a folder (or archive, or list) in one of the layouts that are common for data
   * sets. Folders, at any depth and in any case, or the files' names tell clean and degraded images
   * apart:
   *
   * <table>
   * <caption>Layouts, at a scale of 2</caption>
   * <tr><th>clean</th><th>degraded</th><th>as in</th></tr>
   * <tr><td>{@code HR}</td><td>{@code LR_bicubic/X2}</td><td>Set5 and other benchmarks</td></tr>
   * <tr><td>{@code DIV2K_valid_HR}</td><td>{@code DIV2K_valid_LR_bicubic/X2}</td>
   *     <td>DIV2K, Flickr2K; any prefix is allowed</td></tr>
   * <tr><td>{@code GTmod12}</td><td>{@code LRbicx2}</td><td>BasicSR, KAIR, SwinIR</td></tr>
   * <tr><td>{@code HR}</td><td>{@code LR} or {@code LR/X2}</td><td></td></tr>
   * <tr><td>{@code img_SRF_2_HR.png}</td><td>{@code img_SRF_2_LR.png}</td>
   *     <td>SelfExSR, LapSRN; {@code SRF_2} may be absent</td></tr>
   * <tr><td>{@code norain}</td><td>{@code rain}</td><td>Rain12; of scale 1</td></tr>
   * <tr><td>{@code norain-1.png}</td><td>{@code rain-1.png}</td><td>Rain100; of scale 1</td></tr>
   * <tr><td>{@code target}</td><td>{@code input}</td><td>Restormer; of any scale</td></tr>
   * <tr><td>{@code gt} or {@code hq}</td><td>{@code lq}</td><td>of any scale</td></tr>
   * </table>
   *
   * <p>The rest of the path is the same for both except for the extension; for a scale above 1 the
   * degraded image's name may end in {@code x2}. Other images are ignored.
   *
   * @throws IllegalArgumentException if it has none of these layouts or an image has no partner,
   *     naming it
   */
  static PairSource open(Path folder, int scale, Limits limits) throws IOException {
    StoredPairs stored = StoredPairs.in(folder, scale, limits);
    boolean rain = stored.layout() != null && stored.layout().made() == PairLayout.Made.RAIN;
    boolean small = stored.layout() != null && stored.layout().made() == PairLayout.Made.SHRUNK;
    if (!stored.areThere() || (scale > 1 ? rain : small)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: no pairs of scale %d in a layout that is known: %s",
              folder,
              scale,
              PairLayout.known()));
    }
    return stored.pairs();
  }

  /**
   * The pairs that a folder (or archive, or list) has for a degradation, by its layout among those
   * of {@link #open(Path, int, Limits)}:
   *
   * <ul>
   *   <li>small and large images, if the degradation is {@code x2}, {@code x3}, … of their scale:
   *       the stored pairs; for another degradation the large images, {@linkplain #degrading
   *       degraded here};
   *   <li>rainy and clean images, if the degradation is {@code derain}: the stored pairs;
   *   <li>{@code input} and {@code target}, {@code lq} and {@code gt}, of the degradation's scale:
   *       the stored pairs, whatever the degradation;
   *   <li>otherwise clean images, those in {@code HR} or {@code GTmod12} if there is one, degraded
   *       here.
   * </ul>
   *
   * @param seed of what is random in a degradation made here
   * @throws IllegalArgumentException if there is no image, a stored image has no partner, the
   *     stored pairs are rainy and the degradation is another one, or images look like pairs in an
   *     unknown layout
   */
  static PairSource openFor(Path folder, Degradation degradation, long seed, Limits limits)
      throws IOException {
    return openFor(ImageSource.open(folder, limits), folder.toString(), degradation, seed);
  }

  /**
   * As {@link #openFor(Path, Degradation, long, Limits)}, of images that lie anywhere, whose names
   * tell the layout.
   *
   * @param from what to call them in messages
   */
  static PairSource openFor(ImageSource images, String from, Degradation degradation, long seed) {
    StoredPairs stored = StoredPairs.in(images, from, degradation.scale());
    return stored.serve(degradation, from)
        ? stored.pairs()
        : degrading(stored.clean(), degradation, seed);
  }

  /**
   * Pairs of images whose names are equal except for the extension. All degraded images' names may
   * have one ending more that begins with a hyphen or an underscore, such as {@code -denoise30};
   * for a scale above 1 a degraded image's name may end in {@code x2} and so on.
   *
   * @throws IllegalArgumentException if an image has no partner, naming it
   */
  static PairSource matched(ImageSource degraded, ImageSource clean, int scale) {
    return new MatchedPairs(new Half(degraded, Half::stem), new Half(clean, Half::stem), scale, "");
  }

  /**
   * Clean images, each with its degraded image, which is clipped and rounded to 8 bits. What is
   * random depends on {@code seed} and the image's {@linkplain ImageSource#name name} in {@code
   * clean}. That name may depend on the other images: {@link #openFor} leaves folders that all
   * clean images of a layout share out of their names.
   */
  static PairSource degrading(ImageSource clean, Degradation degradation, long seed) {
    return new DegradedPairs(clean, degradation, seed);
  }
}
