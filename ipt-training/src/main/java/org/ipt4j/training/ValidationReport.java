package org.ipt4j.training;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.data.image.Image;
import org.ipt4j.model.Task;

/**
 * How a model did on held-out images.
 *
 * @param step how many steps it had trained
 * @param results one for each task and image
 */
public record ValidationReport(long step, List<Result> results) {
  /**
   * One image of one task.
   *
   * @param name of the image
   * @param input the degraded image; for s &gt; 1 its bicubic enlargement
   * @param restored what the model made of it
   * @param clean what it should be
   * @param before of the input against the clean image
   * @param after of the restored image against the clean one
   */
  public record Result(
      Task task,
      String name,
      Image input,
      Image restored,
      Image clean,
      Score before,
      Score after) {}

  /**
   * Likeness to the clean image on luma, s pixels cut on every side for s &gt; 1 ({@link
   * org.ipt4j.data.measure.Metrics}).
   *
   * @param psnr in dB; infinite if the image is the clean one
   * @param ssim up to 1
   */
  public record Score(double psnr, double ssim) {}

  /**
   * The means over a task's images whose PSNRs are finite, both before and after; over all if there
   * are none.
   *
   * @param before of the inputs
   * @param after of the restored images
   * @param images how many have finite PSNRs; the others are not in the means
   */
  public record Means(Score before, Score after, int images) {
    /** How many dB of PSNR restoring brings; no finite number without {@link #images}. */
    public double gain() {
      return after.psnr() - before.psnr();
    }
  }

  /** The means of each task. */
  public Map<Task, Means> means() {
    Map<Task, Means> means = new LinkedHashMap<>();
    for (Result result : results) {
      means.computeIfAbsent(result.task(), this::means);
    }
    return means;
  }

  private Means means(Task task) {
    List<Result> own = results.stream().filter(result -> result.task().equals(task)).toList();
    List<Result> finite =
        own.stream()
            .filter(result -> isFinite(result.before()) && isFinite(result.after()))
            .toList();
    List<Result> taken = finite.isEmpty() ? own : finite;
    return new Means(
        mean(taken.stream().map(Result::before).toList()),
        mean(taken.stream().map(Result::after).toList()),
        finite.size());
  }

  private static boolean isFinite(Score score) {
    return Double.isFinite(score.psnr());
  }

  private static Score mean(List<Score> scores) {
    return new Score(
        scores.stream().mapToDouble(Score::psnr).average().orElseThrow(),
        scores.stream().mapToDouble(Score::ssim).average().orElseThrow());
  }

  /** How many images of a task there are, those that its means leave out included. */
  public int images(Task task) {
    return (int) results.stream().filter(result -> result.task().equals(task)).count();
  }

  /**
   * How many dB of PSNR restoring brings, the mean over the tasks that have images with finite
   * PSNRs: the measure of a run's best. NaN if none has.
   */
  public double gain() {
    return means().values().stream()
        .filter(means -> means.images() > 0)
        .mapToDouble(Means::gain)
        .average()
        .orElse(Double.NaN);
  }
}
