package org.ipt4j.data.measure;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.UnreadableImageException;

/**
 * The result of measuring several ways of restoring side by side on one test set. A model takes
 * part as
 *
 * <pre>{@code
 * new Contender("mine", degraded -> restorer.restore(task, degraded))
 * }</pre>
 *
 * @param contenders their names
 * @param rows of the images that all contenders restored, in the set's order
 * @param failures a line for each image that is missing in {@code rows}, naming it
 */
public record Evaluation(
    TestSet set, List<String> contenders, List<Row> rows, List<String> failures) {
  /**
   * One way of restoring.
   *
   * @param restore takes a degraded image and returns one of its scale times the size
   */
  public record Contender(String name, UnaryOperator<Image> restore) {
    /**
     * The baseline: for scale 1 the degraded image itself, {@code input}; for a scale above 1 its
     * bicubic enlargement, {@code bicubic}.
     */
    public static Contender baseline(int scale) {
      return scale > 1
          ? new Contender("bicubic", degraded -> Bicubic.enlarge(degraded, scale))
          : new Contender("input", degraded -> degraded);
    }
  }

  /**
   * The figures of one image.
   *
   * @param qualities one for each contender
   */
  public record Row(String image, List<Quality> qualities) {}

  /** Receives each image's result when it is done. */
  public interface Listener {
    /**
     * All contenders restored an image.
     *
     * @param restored one image for each contender
     */
    default void measured(Row row, ImagePair pair, List<Image> restored) {}

    /** An image could not be measured; the others go on. */
    default void failed(String message) {}
  }

  /**
   * Measures all images of a set. One that cannot be read, that a contender refuses or for which
   * memory runs out is left out for all contenders; whatever else is thrown ends the measuring.
   */
  public static Evaluation of(TestSet set, List<Contender> contenders, Listener listener) {
    int border = border(set.pairs().scale());
    List<Row> rows = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < set.pairs().size(); i++) {
      String name = set.pairs().name(i);
      List<Image> restored = new ArrayList<>();
      List<Quality> qualities = new ArrayList<>();
      ImagePair pair;
      try {
        pair = set.pairs().pair(i);
        for (Contender contender : contenders) {
          Image image = contender.restore().apply(pair.degraded()).quantised();
          restored.add(image);
          qualities.add(Quality.of(image, pair.clean(), border));
        }
      } catch (UnreadableImageException | IllegalArgumentException | OutOfMemoryError failure) {
        failures.add(line(name, failure));
        listener.failed(failures.get(failures.size() - 1));
        continue;
      }
      Row row = new Row(name, List.copyOf(qualities));
      rows.add(row);
      listener.measured(row, pair, List.copyOf(restored));
    }
    return new Evaluation(
        set,
        contenders.stream().map(Contender::name).toList(),
        List.copyOf(rows),
        List.copyOf(failures));
  }

  private static String line(String name, Throwable failure) {
    return failure instanceof UnreadableImageException
        ? failure.getMessage()
        : failure instanceof OutOfMemoryError
            ? name + ": too large for the memory (" + failure.getMessage() + ")"
            : name + ": " + failure.getMessage();
  }

  /** A contender's figures, averaged over the images as {@link Quality#mean} does. */
  public Quality mean(int contender) {
    return Quality.mean(rows.stream().map(row -> row.qualities().get(contender)).toList());
  }

  /** The images that a mean leaves out: a sentence for each contender that has some. */
  public List<String> leftOut() {
    List<String> sentences = new ArrayList<>();
    for (int i = 0; i < contenders.size(); i++) {
      List<String> exact = new ArrayList<>();
      for (Row row : rows) {
        Quality quality = row.qualities().get(i);
        if (Double.isInfinite(quality.psnrY())) {
          exact.add(row.image() + (Double.isInfinite(quality.psnrRgb()) ? "" : " (on Y alone)"));
        }
      }
      if (!exact.isEmpty() && exact.size() < rows.size()) {
        sentences.add(
            String.format(
                Locale.ROOT,
                "%s, %s: the mean PSNR is that of %d of %d images, without %s (∞)",
                set.name(),
                contenders.get(i),
                rows.size() - exact.size(),
                rows.size(),
                String.join(", ", exact)));
      }
    }
    return sentences;
  }

  /** The number of pixels cut on every side: the scale for super-resolution, otherwise 0. */
  public static int border(int scale) {
    return scale > 1 ? scale : 0;
  }

  /**
   * The protocol of the figures, in sentences for a report; the set says where its images come
   * from.
   */
  public static List<String> protocol(int scale) {
    return protocol(List.of(scale));
  }

  /**
   * As {@link #protocol(int)}, for tables of several scales.
   *
   * @param scales of the tables, in any order, one at least
   */
  public static List<String> protocol(Collection<Integer> scales) {
    List<Integer> borders =
        scales.stream().map(Evaluation::border).filter(border -> border > 0).distinct().toList();
    boolean enlarged = !borders.isEmpty();
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "Restored and clean images are compared in 8 bits: clipped to 0..255 and rounded, half up;"
            + " the peak is 255.");
    sentences.add(
        !enlarged
            ? "Nothing is cut at the borders."
            : scales.stream().distinct().count() == 1
                ? String.format(
                    Locale.ROOT,
                    "%d pixels (the scale) are cut on every side first.",
                    borders.get(0))
                : "Of enlarged images as many pixels as the scale are cut on every side first.");
    sentences.add(
        "Y is the luma of ITU-R BT.601, 16 + (65.481 R + 128.553 G + 24.966 B) / 255, not rounded.");
    sentences.add(
        "PSNR on RGB is of one mean squared error over the three channels; SSIM on RGB is the mean"
            + " of the channels'.");
    sentences.add(
        "SSIM has a Gaussian window of 11×11 with σ 1.5, K₁ 0.01, K₂ 0.03, where it lies within the"
            + " image.");
    sentences.add(
        "A mean is that of the images' figures; a PSNR that is infinite, of images equal to the"
            + " clean ones, is left out of it.");
    if (enlarged) {
      sentences.add(
          "To be compared, degraded images are enlarged: bicubically, the 8-bit RGB image as MATLAB's"
              + " imresize does, rounded to 8 bits; published rows that enlarge luma alone differ by"
              + " about 0.01 dB and 0.0006 of SSIM.");
    }
    return sentences;
  }
}
