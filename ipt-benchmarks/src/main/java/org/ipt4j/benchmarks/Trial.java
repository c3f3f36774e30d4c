package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.data.measure.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;

/**
 * What models are tried on.
 *
 * @param task whose head and tail restore the images
 * @param channels what tables show
 * @param set its name is the trial's
 */
record Trial(String task, Metrics.Channels channels, TestSet set) {
  private static final int SIDE = 160; // of the middles that are taken of 481×321
  private static final long SEED = 1; // of the noise
  private static final int OVERLAP = 4; // of the tiles

  /** Set5 whole, the middles of every eighth image of CBSD68, the middles of Rain12. */
  static List<Trial> all(Path set5, Path cbsd68, Path rain12) throws IOException {
    List<Trial> trials = new ArrayList<>();
    PairSource small = TestSet.open(set5, Degradation.parse("x2"), SEED).pairs();
    trials.add(new Trial("x2", Metrics.Channels.Y, new TestSet("Set5 ×2", small, "as stored")));
    ImageSource clean = new Middles(every(8, ImageSource.open(cbsd68)));
    trials.add(degraded("CBSD68 σ30", clean, "denoise30", "denoise30", Metrics.Channels.RGB));
    trials.add(degraded("CBSD68 σ50", clean, "denoise50", "denoise50", Metrics.Channels.RGB));
    trials.add(degraded("CBSD68 σ10", clean, "denoise10", "denoise30", Metrics.Channels.RGB));
    trials.add(degraded("CBSD68 σ70", clean, "denoise70", "denoise50", Metrics.Channels.RGB));
    PairSource rain = new MiddlesOfPairs(PairSource.open(rain12, 1));
    trials.add(new Trial("derain", Metrics.Channels.Y, new TestSet("Rain12", rain, "as stored")));
    String jpeg = "jpeg:quality=10";
    trials.add(degraded("CBSD68 JPEG 10", clean, jpeg, jpeg, Metrics.Channels.Y));
    return trials;
  }

  private static Trial degraded(
      String name, ImageSource clean, String degradation, String task, Metrics.Channels channels) {
    return new Trial(
        task, channels, TestSet.degrading(name, clean, Degradation.parse(degradation), SEED));
  }

  /** The middles of images that are degraded as a task's name says, whole; shown on RGB. */
  static Trial middles(String name, ImageSource clean, String task) {
    TestSet whole = TestSet.degrading(name, clean, Degradation.parse(task), SEED);
    return new Trial(
        task,
        Metrics.Channels.RGB,
        new TestSet(name, new MiddlesOfPairs(whole.pairs()), whole.origin()));
  }

  /** Every so many-th image, from the first on. */
  static ImageSource every(int stride, ImageSource all) {
    return all.only(IntStream.range(0, all.size()).filter(i -> i % stride == 0).toArray());
  }

  /** For tables. */
  String name() {
    return set.name();
  }

  /** Whether a model can restore it. */
  boolean isFor(IptModel model) {
    return model.tasks().stream().anyMatch(known -> known.name().equals(task));
  }

  /** What tables show of a quality, in dB. */
  double psnr(Quality quality) {
    return switch (channels) {
      case Y -> quality.psnrY();
      case RGB -> quality.psnrRgb();
    };
  }

  /** What tables show of a quality, at most 1. */
  double ssim(Quality quality) {
    return switch (channels) {
      case Y -> quality.ssimY();
      case RGB -> quality.ssimRgb();
    };
  }

  /** Of the degraded images; of their bicubic enlargements for s &gt; 1. */
  Quality input() {
    return quality(Contender.baseline(set.pairs().scale()));
  }

  /** Of what a model makes of them. */
  Quality restored(IptModel model) {
    ImageRestorer restorer = new ImageRestorer(model).overlapping(OVERLAP);
    UnaryOperator<Image> restore = degraded -> restorer.restore(model.task(task), degraded);
    return quality(new Contender(task, restore));
  }

  private Quality quality(Contender contender) {
    Evaluation evaluation = Evaluation.of(set, List.of(contender), new Evaluation.Listener() {});
    if (!evaluation.failures().isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", evaluation.failures()));
    }
    return evaluation.mean(0);
  }

  private record Middles(ImageSource all) implements ImageSource {
    @Override
    public int size() {
      return all.size();
    }

    @Override
    public Image image(int index) throws UnreadableImageException {
      return all.image(index).middle(SIDE);
    }

    @Override
    public String name(int index) {
      return all.name(index);
    }
  }

  private record MiddlesOfPairs(PairSource all) implements PairSource {
    @Override
    public int size() {
      return all.size();
    }

    @Override
    public int scale() {
      return all.scale();
    }

    @Override
    public ImagePair pair(int index) throws UnreadableImageException {
      ImagePair pair = all.pair(index);
      return new ImagePair(pair.degraded().middle(SIDE), pair.clean().middle(SIDE));
    }

    @Override
    public String name(int index) {
      return all.name(index);
    }
  }
}
