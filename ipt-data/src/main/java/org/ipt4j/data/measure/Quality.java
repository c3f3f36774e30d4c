package org.ipt4j.data.measure;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.ipt4j.data.image.Image;

/**
 * How close one image comes to the clean one, or several do on average, by {@link Metrics}.
 *
 * @param psnrY dB on luma; infinite for equal images
 * @param ssimY at most 1, on luma
 * @param psnrRgb dB on the three channels together; infinite for equal images
 * @param ssimRgb at most 1, mean of the three channels'
 */
public record Quality(double psnrY, double ssimY, double psnrRgb, double ssimRgb) {
  /**
   * The figures of one image.
   *
   * @param border pixels cut on every side before comparing
   * @throws IllegalArgumentException if the sizes differ or less than 11×11 pixels are left
   */
  public static Quality of(Image restored, Image clean, int border) {
    return new Quality(
        Metrics.psnr(restored, clean, Metrics.Channels.Y, border),
        Metrics.ssim(restored, clean, Metrics.Channels.Y, border),
        Metrics.psnr(restored, clean, Metrics.Channels.RGB, border),
        Metrics.ssim(restored, clean, Metrics.Channels.RGB, border));
  }

  /**
   * The mean of each figure; NaN for an empty list. An infinite figure, of an image that equals its
   * clean one, is left out unless all are infinite.
   */
  public static Quality mean(List<Quality> all) {
    return new Quality(
        mean(all, Quality::psnrY),
        mean(all, Quality::ssimY),
        mean(all, Quality::psnrRgb),
        mean(all, Quality::ssimRgb));
  }

  private static double mean(List<Quality> all, ToDoubleFunction<Quality> figure) {
    double[] figures = all.stream().mapToDouble(figure).toArray();
    return Arrays.stream(figures)
        .filter(each -> each != Double.POSITIVE_INFINITY)
        .average()
        .orElse(figures.length == 0 ? Double.NaN : Double.POSITIVE_INFINITY);
  }
}
