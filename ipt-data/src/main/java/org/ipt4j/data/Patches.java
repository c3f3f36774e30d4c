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
 * Training patches: the batch of step k is a pure function of (images, degradation, options, k),
 * whichever thread asks, in whatever order.
 *
 * <p>Each patch is of an image drawn evenly, at a place drawn evenly. An image that cannot be read
 * or is smaller than a patch is logged, once, and another is drawn in its place.
 */
public final class Patches {
  private static final Logger LOG = LoggerFactory.getLogger(Patches.class);
  private static final int DRAWS = 1000;

  private final PatchCutter cutter;
  private final PatchOptions options;
  private final Map<Integer, String> skipped = new ConcurrentHashMap<>();

  /**
   * Patches of clean images, degraded: first mirrored and turned, then degraded, so that rain falls
   * downwards in every patch.
   */
  public Patches(ImageSource source, Degradation degradation, PatchOptions options) {
    this(
        new DegradingCutter(
            Objects.requireNonNull(source, "source"),
            Objects.requireNonNull(degradation, "degradation")),
        options);
  }

  /** Patches of pairs, both images of one being cut, mirrored and turned alike. */
  public Patches(PairSource source, PatchOptions options) {
    this(new PairCutter(Objects.requireNonNull(source, "source")), options);
  }

  private Patches(PatchCutter cutter, PatchOptions options) {
    this.cutter = cutter;
    this.options = Objects.requireNonNull(options, "options");
    if (cutter.size() < 1) {
      throw new IllegalArgumentException("patches need a source with images, got an empty one");
    }
  }

  /** The batch of that step. */
  public PatchBatch batch(long step) {
    int side = options.side();
    int scale = cutter.scale();
    int values = Image.CHANNELS * side * side;
    float[] degraded = new float[options.count() * values];
    float[] clean = new float[options.count() * values * scale * scale];
    for (int n = 0; n < options.count(); n++) {
      ImagePair patch = patch(Randomness.at(options.seed(), step, n));
      patch.degraded().copyTo(degraded, n * values);
      patch.clean().copyTo(clean, n * values * scale * scale);
    }
    return new PatchBatch(options.count(), side, scale, degraded, clean);
  }

  /** How many images turned out to be of no use so far, each of them logged. */
  public int skipped() {
    return skipped.size();
  }

  private ImagePair patch(RandomGenerator random) {
    for (int draw = 0; draw < DRAWS; draw++) {
      int index = random.nextInt(cutter.size());
      if (skipped.containsKey(index)) {
        continue;
      }
      try {
        return cutter.cut(index, options, random);
      } catch (UnreadableImageException e) {
        if (skipped.put(index, e.getMessage()) == null) {
          LOG.warn("skipped {}", e.getMessage());
        }
      }
    }
    throw new IllegalStateException(
        String.format(
            Locale.ROOT,
            "no image of use in %d draws; of %d images %d were skipped, for instance %s",
            DRAWS,
            cutter.size(),
            skipped.size(),
            skipped.values().iterator().next()));
  }
}
