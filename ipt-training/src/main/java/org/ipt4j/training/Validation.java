package org.ipt4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.ValidationReport.Result;
import org.ipt4j.training.ValidationReport.Score;

/** Held-out images that a model is tried on while it trains: always the same ones. */
public final class Validation {
  private record Sample(Task task, String name, Image degraded, Image clean) {}

  private final List<Sample> samples;

  private Validation(List<Sample> samples) {
    this.samples = List.copyOf(samples);
  }

  /** No images: nothing is validated. */
  public static Validation none() {
    return new Validation(List.of());
  }

  /** Whether there is nothing to try a model on. */
  public boolean isEmpty() {
    return samples.isEmpty();
  }

  /**
   * The middles of clean images, degraded as the tasks say ({@link Task#degradation}).
   *
   * @param side at most so many pixels of each side of a clean image are used; SSIM needs 11 within
   *     a border of the scale
   * @param seed of what is random in a degradation
   * @throws UnreadableImageException if an image cannot be read
   */
  public static Validation degrading(ImageSource images, List<Task> tasks, int side, long seed)
      throws UnreadableImageException {
    return degrading(images, TaskDegradations.of(tasks), side, seed);
  }

  /**
   * As {@link #degrading(ImageSource, List, int, long)}, for degradations that may be of one's own.
   *
   * @param degradations of each task, of its scale
   */
  public static Validation degrading(
      ImageSource images, Map<Task, Degradation> degradations, int side, long seed)
      throws UnreadableImageException {
    TaskDegradations.checkScales(degradations);
    List<Sample> samples = new ArrayList<>();
    for (Map.Entry<Task, Degradation> entry : degradations.entrySet()) {
      Task task = entry.getKey();
      for (int i = 0; i < images.size(); i++) {
        Image clean = images.image(i).middle(side).croppedToMultiple(task.scale());
        Image degraded = entry.getValue().apply(clean, Randomness.at(seed, i)).quantised();
        samples.add(new Sample(task, images.name(i), degraded, clean));
      }
    }
    return new Validation(samples);
  }

  /**
   * The middles of pairs of one task.
   *
   * @param side at most so many pixels of each side of a clean image are used
   * @throws IllegalArgumentException if the pairs are of another scale than the task
   * @throws UnreadableImageException if an image cannot be read
   */
  public static Validation pairs(PairSource pairs, Task task, int side)
      throws UnreadableImageException {
    if (pairs.scale() != task.scale()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "task %s is of scale %d, the pairs are of scale %d",
              task.name(),
              task.scale(),
              pairs.scale()));
    }
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      ImagePair pair = pairs.pair(i);
      samples.add(middle(new Sample(task, pairs.name(i), pair.degraded(), pair.clean()), side));
    }
    return new Validation(samples);
  }

  private static Sample middle(Sample sample, int side) {
    int scale = sample.task().scale();
    Image degraded = sample.degraded();
    int height = Math.min(side / scale, degraded.height());
    int width = Math.min(side / scale, degraded.width());
    int top = (degraded.height() - height) / 2;
    int left = (degraded.width() - width) / 2;
    return new Sample(
        sample.task(),
        sample.name(),
        degraded.crop(top, left, height, width),
        sample.clean().crop(top * scale, left * scale, height * scale, width * scale));
  }

  /**
   * Tries a model.
   *
   * @param step how many steps it has trained
   */
  public ValidationReport of(IptModel model, long step) {
    ImageRestorer restorer = new ImageRestorer(model);
    return new ValidationReport(
        step, samples.stream().map(sample -> result(restorer, sample)).toList());
  }

  private static Result result(ImageRestorer restorer, Sample sample) {
    int scale = sample.task().scale();
    Image input = Contender.baseline(scale).restore().apply(sample.degraded());
    Image restored = restorer.restore(sample.task(), sample.degraded());
    return new Result(
        sample.task(),
        sample.name(),
        input,
        restored,
        sample.clean(),
        score(input, sample.clean(), scale),
        score(restored, sample.clean(), scale));
  }

  private static Score score(Image image, Image clean, int scale) {
    int border = Evaluation.border(scale);
    return new Score(
        Metrics.psnr(image, clean, Metrics.Channels.Y, border),
        Metrics.ssim(image, clean, Metrics.Channels.Y, border));
  }
}
