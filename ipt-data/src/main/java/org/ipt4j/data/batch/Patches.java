package org.ipt4j.data.batch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinTask;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/**
 * Training patches: the batch of step k is a pure function of (images, degradation, options, k),
 * whichever thread asks and in whatever order.
 *
 * <p>For each patch an image and a place in it are drawn uniformly. An image that cannot be read or
 * is smaller than a patch is logged once, and another is drawn in its place.
 */
public final class Patches {
  private static final int DRAWS = 1000;

  private final PatchCutter cutter;
  private final PatchOptions options;
  private final SkippedImages skipped;
  private final Map<Integer, String> useless = new ConcurrentHashMap<>(); // of those, which

  /**
   * Patches of clean images: first flipped and rotated, then degraded, so that rain falls downwards
   * in every patch.
   */
  public Patches(ImageSource source, Degradation degradation, PatchOptions options) {
    this(source, degradation, options, new SkippedImages());
  }

  /**
   * As {@link #Patches(ImageSource, Degradation, PatchOptions)}.
   *
   * @param skipped collects the skipped images; may be shared with other patches of the same images
   */
  public Patches(
      ImageSource source, Degradation degradation, PatchOptions options, SkippedImages skipped) {
    this(
        new DegradingCutter(
            Objects.requireNonNull(source, "source"),
            Objects.requireNonNull(degradation, "degradation")),
        options,
        skipped);
  }

  /** Patches of pairs; both images of a pair are cut, flipped and rotated alike. */
  public Patches(PairSource source, PatchOptions options) {
    this(source, options, new SkippedImages());
  }

  /**
   * As {@link #Patches(PairSource, PatchOptions)}.
   *
   * @param skipped collects the skipped pairs
   */
  public Patches(PairSource source, PatchOptions options, SkippedImages skipped) {
    this(new PairCutter(Objects.requireNonNull(source, "source")), options, skipped);
  }

  private Patches(PatchCutter cutter, PatchOptions options, SkippedImages skipped) {
    this.skipped = Objects.requireNonNull(skipped, "skipped");
    this.cutter = cutter;
    this.options = Objects.requireNonNull(options, "options");
    if (cutter.size() < 1) {
      throw new IllegalArgumentException("patches need a source with images, got an empty one");
    }
    checkCount(options, cutter.scale());
  }

  private static void checkCount(PatchOptions options, int scale) {
    long side = (long) options.side() * scale;
    long most = Image.MOST_VALUES / (Image.CHANNELS * side * side);
    if (options.count() > most) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a batch of %d patches is too large for memory: of %d×%d pixels, as the clean ones"
                  + " are, an array holds at most %d",
              options.count(),
              side,
              side,
              most));
    }
  }

  /**
   * The batch of step {@code step}. In a {@link java.util.concurrent.ForkJoinPool}, as {@link
   * Prefetch} has one, idle threads share the work, so that a batch of a slow task holds up no
   * others.
   *
   * @throws UncheckedIOException if no image is of use
   * @throws CancellationException if an image cannot be read and this thread is interrupted
   */
  public PatchBatch batch(long step) {
    int side = options.side();
    int scale = cutter.scale();
    int values = Image.CHANNELS * side * side;
    float[] degraded = new float[options.count() * values];
    float[] clean = new float[options.count() * values * scale * scale];
    IntStream all = IntStream.range(0, options.count());
    (ForkJoinTask.inForkJoinPool() ? all.parallel() : all)
        .forEach(
            n -> {
              ImagePair patch = patch(Randomness.at(options.seed(), step, n));
              patch.degraded().copyTo(degraded, n * values);
              patch.clean().copyTo(clean, n * values * scale * scale);
            });
    return new PatchBatch(options.count(), side, scale, degraded, clean);
  }

  /** The number of images skipped so far; each of them was logged. */
  public int skipped() {
    return skipped.count();
  }

  private ImagePair patch(RandomGenerator random) {
    for (int draw = 0; draw < DRAWS; draw++) {
      int index = random.nextInt(cutter.size());
      if (useless.containsKey(index)) {
        continue;
      }
      try {
        return cutter.cut(index, options, random);
      } catch (UnreadableImageException e) {
        if (Thread.currentThread().isInterrupted()) { // who is to stop may read no further
          throw (CancellationException)
              new CancellationException("interrupted while a batch was made").initCause(e);
        }
        useless.put(index, e.getMessage());
        skipped.add(e.getMessage());
      }
    }
    throw new UncheckedIOException(
        new IOException(
            String.format(
                Locale.ROOT,
                "no image of use in %d draws; of %d images %d were skipped, for instance %s",
                DRAWS,
                cutter.size(),
                useless.size(),
                useless.values().iterator().next())));
  }
}
