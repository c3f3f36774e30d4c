package org.ipt4j.data.batch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Limits;

/**
 * What a folder (or archive, or list) of images holds: pairs in one of the known layouts, or images
 * by themselves.
 *
 * @param layout null for images by themselves
 * @param scale asked for, which the layout need not have
 */
record StoredPairs(ImageSource images, PairLayout layout, int scale) {
  /** Names of the degradations that are rain, of whichever kinds. */
  private static final Pattern RAIN = Pattern.compile("derain(:[^+|]*)?(\\|derain(:[^+|]*)?)*");

  /** What a set of pairs calls its clean half even where there is no other. */
  private static final Pattern CLEAN_FOLDER = Pattern.compile("(?:HR|GTmod\\d*)/.+");

  /**
   * Looks at the names.
   *
   * @throws IllegalArgumentException if there is no image, or they look like pairs in a layout that
   *     is not known
   */
  static StoredPairs in(Path path, int scale, Limits limits) throws IOException {
    ImageSource images = ImageSource.open(path, limits);
    StoredPairs alone = new StoredPairs(images, null, scale);
    StoredPairs best = alone;
    for (PairLayout layout : PairLayout.values()) {
      StoredPairs found = new StoredPairs(images, layout, scale);
      if (found.areThere() && found.meet()) {
        return found;
      }
      if (best == alone && (found.areThere() || found.areThereAtAnyScale())) {
        best = found;
      }
    }
    if (best == alone) {
      UnknownPairs.check(path, images);
    }
    return best;
  }

  private Half degraded() {
    return new Half(images, layout.degraded(scale));
  }

  private Half cleanOfScale() {
    return new Half(images, layout.clean(scale));
  }

  private boolean meet() {
    return MatchedPairs.meet(degraded(), cleanOfScale(), scale);
  }

  private boolean areThereAtAnyScale() {
    return new Half(images, layout.degraded()).size() > 0
        && new Half(images, layout.clean()).size() > 0;
  }

  /** Whether there are pairs of the scale asked for. */
  boolean areThere() {
    return layout != null && degraded().size() > 0 && cleanOfScale().size() > 0;
  }

  /**
   * Whether the pairs are what to take for a degradation, rather than clean images.
   *
   * @throws IllegalArgumentException if they are for another one, and their clean half would not do
   */
  boolean serve(Degradation degradation, Path folder) {
    if (layout == null) {
      return false;
    }
    return switch (layout.made()) {
      case SOMEHOW -> true;
      case SHRUNK -> degradation.name().equals("x" + scale) && areThere();
      case RAIN -> {
        if (!RAIN.matcher(degradation.name()).matches()) {
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

  /**
   * The pairs.
   *
   * @throws IllegalArgumentException if an image has no partner, naming it
   */
  MatchedPairs pairs() {
    return new MatchedPairs(degraded(), cleanOfScale(), scale, layout.text(scale));
  }

  /** The clean images: of pairs their clean half, otherwise all. */
  ImageSource clean() {
    if (layout != null) {
      return new Half(images, layout.clean());
    }
    Half half = new Half(images, name -> CLEAN_FOLDER.matcher(name).matches() ? name : null);
    return half.size() > 0 ? half : images;
  }
}
