package org.ipt4j.data;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Training patches: the batch of step k is a pure function of (source, degradation, options, k),
 * whichever thread asks, in whatever order.
 *
 * <p>Each patch is of an image drawn evenly, at a place drawn evenly. The clean image is mirrored
 * and turned first and degraded then, so that rain falls downwards in every patch; and only the
 * patch with the degradation's margin is, so that a patch costs a patch. An image that cannot be
 * read or is smaller than a patch is logged, once, and another is drawn in its place.
 */
public final class Patches {
  private static final Logger LOG = LoggerFactory.getLogger(Patches.class);
  private static final int DRAWS = 1000;

  private final ImageSource source;
  private final Degradation degradation;
  private final PatchOptions options;
  private final Map<Integer, String> skipped = new ConcurrentHashMap<>();

  /** Patches of {@code source}'s images, degraded. */
  public Patches(ImageSource source, Degradation degradation, PatchOptions options) {
    this.source = Objects.requireNonNull(source, "source");
    this.degradation = Objects.requireNonNull(degradation, "degradation");
    this.options = Objects.requireNonNull(options, "options");
    if (source.size() < 1) {
      throw new IllegalArgumentException("patches need a source with images, got an empty one");
    }
  }

  /** The batch of that step. */
  public PatchBatch batch(long step) {
    int side = options.side();
    int cleanSide = side * degradation.scale();
    int values = Image.CHANNELS * side * side;
    int cleanValues = Image.CHANNELS * cleanSide * cleanSide;
    float[] degraded = new float[options.count() * values];
    float[] clean = new float[options.count() * cleanValues];
    for (int n = 0; n < options.count(); n++) {
      RandomGenerator random = Randomness.at(options.seed(), step, n);
      Pair patch = patch(drawn(random), random);
      patch.degraded().copyTo(degraded, n * values);
      patch.clean().copyTo(clean, n * cleanValues);
    }
    return new PatchBatch(options.count(), side, degradation.scale(), degraded, clean);
  }

  /** How many images turned out to be of no use so far, each of them logged. */
  public int skipped() {
    return skipped.size();
  }

  private Image drawn(RandomGenerator random) {
    int cleanSide = options.side() * degradation.scale();
    for (int draw = 0; draw < DRAWS; draw++) {
      int index = random.nextInt(source.size());
      if (skipped.containsKey(index)) {
        continue;
      }
      try {
        Image image = source.image(index);
        if (Math.min(image.height(), image.width()) >= cleanSide) {
          return image;
        }
        skip(
            index,
            String.format(
                Locale.ROOT,
                "%s: %d×%d pixels are fewer than a patch's %d×%d",
                source.name(index),
                image.height(),
                image.width(),
                cleanSide,
                cleanSide));
      } catch (UnreadableImageException e) {
        skip(index, e.getMessage());
      }
    }
    throw new IllegalStateException(
        String.format(
            Locale.ROOT,
            "no image of use in %d draws; of %d images %d were skipped, for instance %s",
            DRAWS,
            source.size(),
            skipped.size(),
            skipped.values().iterator().next()));
  }

  private void skip(int index, String reason) {
    if (skipped.put(index, reason) == null) {
      LOG.warn("skipped {}", reason);
    }
  }

  private Pair patch(Image image, RandomGenerator random) {
    int scale = degradation.scale();
    boolean mirrored = options.turned() && random.nextBoolean();
    int turn = options.turned() ? random.nextInt(4) : 0;
    boolean upright = turn % 2 == 0;
    Extent rows = Extent.drawn(upright ? image.height() : image.width(), this, random);
    Extent columns = Extent.drawn(upright ? image.width() : image.height(), this, random);
    Image window =
        image.window(
            mirrored,
            turn,
            rows.from,
            columns.from,
            rows.to - rows.from,
            columns.to - columns.from);
    int side = options.side();
    int top = rows.place - rows.from;
    int left = columns.place - columns.from;
    return new Pair(
        degradation.apply(window, random).crop(top / scale, left / scale, side, side),
        window.crop(top, left, side * scale, side * scale));
  }

  /** Along one side of an image: where the clean patch lies, and from where to where its margin. */
  private record Extent(int place, int from, int to) {
    static Extent drawn(int length, Patches patches, RandomGenerator random) {
      int scale = patches.degradation.scale();
      int margin = (patches.degradation.margin() + scale - 1) / scale;
      int grid = Chain.leastCommonMultiple(patches.degradation.grid(), scale) / scale;
      // in blocks of scale pixels; what exceeds a whole block at the end is no part of the image
      int blocks = length / scale;
      int place = random.nextInt(blocks - patches.options.side() + 1);
      int from = Math.max(0, place - margin) / grid * grid;
      int to = Math.min(blocks, place + patches.options.side() + margin);
      return new Extent(place * scale, from * scale, to * scale);
    }
  }
}
