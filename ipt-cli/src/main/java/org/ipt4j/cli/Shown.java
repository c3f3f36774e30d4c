package org.ipt4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.measure.Evaluation;

/**
 * Of all images of a test set, those a report shows: half of them where the last contender gains
 * least over the first (PSNR on Y), half where it gains most. Keeps no more than it shows.
 */
final class Shown {
  /** A larger image is shown by so many pixels from its middle. */
  static final int SIDE = 512;

  /**
   * One image.
   *
   * @param part which part of the image this is, empty for all of it
   * @param clean and {@code restored}, by each contender, cut to that part
   */
  record Sample(Evaluation.Row row, String part, Image clean, List<Image> restored) {
    private double gain() {
      double last = row.qualities().get(row.qualities().size() - 1).psnrY();
      return last - row.qualities().get(0).psnrY();
    }
  }

  private final int most;
  private final List<Sample> samples = new ArrayList<>(); // by gain
  private int seen;

  Shown(int most) {
    this.most = most;
  }

  void add(Evaluation.Row row, ImagePair pair, List<Image> restored) {
    Image clean = pair.clean();
    boolean whole = clean.height() <= SIDE && clean.width() <= SIDE;
    String part =
        whole
            ? ""
            : String.format(
                Locale.ROOT, "the middle of %d×%d pixels", clean.height(), clean.width());
    Sample sample =
        new Sample(
            row,
            part,
            clean.middle(SIDE),
            restored.stream().map(image -> image.middle(SIDE)).toList());
    int place = 0;
    while (place < samples.size() && samples.get(place).gain() <= sample.gain()) {
      place++;
    }
    samples.add(place, sample);
    if (samples.size() > most) {
      samples.remove((most + 1) / 2);
    }
    seen++;
  }

  /** By gain, the least first. */
  List<Sample> samples() {
    return samples;
  }

  /** Which images these are, as a sentence. */
  String choice() {
    return samples.size() == seen
        ? "All images, the one with the least gain first."
        : String.format(
            Locale.ROOT,
            "Of %d images the %d with the least and the %d with the most gain (PSNR on Y, last"
                + " against first), the least first.",
            seen,
            (most + 1) / 2,
            most / 2);
  }
}
