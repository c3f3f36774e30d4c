package org.ipt4j.data.batch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Limits;

/**
 * The content of a folder (or archive, or list) of images: pairs in one of the known layouts, or
 * single images.
 *
 * @param layout null for single images
 * @param scale the scale asked for, which the layout may not have
 */
record StoredPairs(ImageSource images, PairLayout layout, int scale) {
  /** Names of degradations that are rain of any kind, without parentheses. */
  private static final Pattern RAIN = Pattern.compile("derain(:[^+|]*)?(\\|derain(:[^+|]*)?)*");

  /** The folder in which a set of pairs keeps its clean half, even if there is no other half. */
  private static final Pattern CLEAN_FOLDER = Pattern.compile("(?:HR|GTmod\\d*)/.+");

  /**
   * Finds the layout by the names.
   *
   * @throws IllegalArgumentException if there is no image, or they look like pairs in an unknown
   *     layout
   */
  static StoredPairs in(Path path, int scale, Limits limits) throws IOException {
    return in(ImageSource.open(path, limits), path.toString(), scale);
  }

  /** As {@link #in(Path, int, Limits)}, of images that lie anywhere. */
  static StoredPairs in(ImageSource images, String from, int scale) {
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
      UnknownPairs.check(from, images);
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

  /** Whether there are pairs with the scale asked for. */
  boolean areThere() {
    return layout != null && degraded().size() > 0 && cleanOfScale().size() > 0;
  }

  /**
   * Whether the pairs, rather than clean images, are to be used for a degradation.
   *
   * @throws IllegalArgumentException if they are for another one, and their clean half cannot be
   *     used
   */
  boolean serve(Degradation degradation, String from) {
    if (layout == null) {
      return false;
    }
    return switch (layout.made()) {
      case SOMEHOW -> true;
      case SHRUNK -> degradation.name().equals("x" + scale) && areThere();
      case RAIN -> {
        if (!RAIN.matcher(degradation.name().replaceAll("[()]", "")).matches()) {
          throw new IllegalArgumentException(
              String.format(
                  Locale.ROOT,
                  "%s holds pairs of rainy and clean images, which are for derain, not %s",
                  from,
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

  /** The clean images: the clean half of pairs, otherwise all images. */
  ImageSource clean() {
    if (layout != null) {
      return new Half(images, layout.clean());
    }
    Half half = new Half(images, name -> CLEAN_FOLDER.matcher(name).matches() ? name : null);
    return half.size() > 0 ? half : images;
  }
}
