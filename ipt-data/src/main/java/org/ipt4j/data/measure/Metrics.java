package org.ipt4j.data.measure;

import java.util.Arrays;
import java.util.Locale;
import org.ipt4j.data.image.Image;

/**
 * How close a restored image comes to the clean one, by the field's measures. Both are {@linkplain
 * Image#quantised() quantised} to 8 bits first, the range is 255, and {@code border} pixels are cut
 * on every side (the scale for super-resolution, 0 otherwise).
 */
public final class Metrics {
  /** The channels that are compared. */
  public enum Channels {
    /** All three channels: one mean squared error; the mean of three SSIM. */
    RGB,
    /**
     * Luma of ITU-R BT.601 with head and foot room, 16 + (65.481 R + 128.553 G + 24.966 B) / 255,
     * not rounded.
     */
    Y
  }

  private static final double RANGE = 255;
  private static final int WINDOW = 11;
  private static final double[] GAUSSIAN = gaussian();

  private Metrics() {}

  /** Peak signal-to-noise ratio in dB; infinite for equal images. */
  public static double psnr(Image restored, Image clean, Channels channels, int border) {
    double[][] a = planes(restored, clean, channels, border);
    double[][] b = planes(clean, restored, channels, border);
    double sum = 0;
    for (int c = 0; c < a.length; c++) {
      for (int i = 0; i < a[c].length; i++) {
        double difference = a[c][i] - b[c][i];
        sum += difference * difference;
      }
    }
    return 10 * Math.log10(RANGE * RANGE * a.length * a[0].length / sum);
  }

  /**
   * Structural similarity (Wang et al., 2004): a Gaussian window of 11×11 with σ 1.5, K₁ 0.01, K₂
   * 0.03, mean over the places where the window lies within the image.
   */
  public static double ssim(Image restored, Image clean, Channels channels, int border) {
    double[][] a = planes(restored, clean, channels, border);
    double[][] b = planes(clean, restored, channels, border);
    int height = clean.height() - 2 * border;
    int width = clean.width() - 2 * border;
    if (height < WINDOW || width < WINDOW) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "SSIM takes at least 11×11 pixels within the border, got %d×%d (height×width)",
              height,
              width));
    }
    double sum = 0;
    for (int c = 0; c < a.length; c++) {
      sum += ssim(a[c], b[c], height, width);
    }
    return sum / a.length;
  }

  private static double ssim(double[] a, double[] b, int height, int width) {
    double c1 = Math.pow(0.01 * RANGE, 2);
    double c2 = Math.pow(0.03 * RANGE, 2);
    double[] ma = blurred(a, a, false, height, width);
    double[] mb = blurred(b, b, false, height, width);
    double[] aa = blurred(a, a, true, height, width);
    double[] bb = blurred(b, b, true, height, width);
    double[] ab = blurred(a, b, true, height, width);
    double sum = 0;
    for (int i = 0; i < ma.length; i++) {
      double mean = ma[i] * mb[i];
      double squares = ma[i] * ma[i] + mb[i] * mb[i];
      double variances = aa[i] + bb[i] - squares;
      double covariance = ab[i] - mean;
      sum += (2 * mean + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2));
    }
    return sum / ma.length;
  }

  // a, or a·b point by point, under the window wherever it fits
  private static double[] blurred(double[] a, double[] b, boolean product, int height, int width) {
    int rows = height - WINDOW + 1;
    int columns = width - WINDOW + 1;
    double[] out = new double[rows * columns];
    double[] row = new double[width];
    for (int y = 0; y < rows; y++) {
      Arrays.fill(row, 0);
      for (int k = 0; k < WINDOW; k++) {
        int from = (y + k) * width;
        for (int x = 0; x < width; x++) {
          row[x] += GAUSSIAN[k] * (product ? a[from + x] * b[from + x] : a[from + x]);
        }
      }
      for (int x = 0; x < columns; x++) {
        double sum = 0;
        for (int k = 0; k < WINDOW; k++) {
          sum += GAUSSIAN[k] * row[x + k];
        }
        out[y * columns + x] = sum;
      }
    }
    return out;
  }

  private static double[] gaussian() {
    double[] weights = new double[WINDOW];
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
      double x = i - WINDOW / 2;
      weights[i] = Math.exp(-x * x / (2 * 1.5 * 1.5));
      sum += weights[i];
    }
    for (int i = 0; i < WINDOW; i++) {
      weights[i] /= sum;
    }
    return weights;
  }

  private static double[][] planes(Image image, Image other, Channels channels, int border) {
    if (image.height() != other.height() || image.width() != other.width()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "images to compare have one size, got %s and %s", image, other));
    }
    if (border < 0 || 2 * border >= Math.min(image.height(), image.width())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected a border that leaves something of the image, got %d pixels of %d×%d"
                  + " (height×width)",
              border,
              image.height(),
              image.width()));
    }
    int height = image.height() - 2 * border;
    int width = image.width() - 2 * border;
    int plane = height * width;
    float[] p = image.quantised().crop(border, border, height, width).pixels();
    if (channels == Channels.Y) {
      double[] y = new double[plane];
      for (int i = 0; i < plane; i++) {
        y[i] = 16 + (65.481 * p[i] + 128.553 * p[plane + i] + 24.966 * p[2 * plane + i]) / 255;
      }
      return new double[][] {y};
    }
    double[][] rgb = new double[Image.CHANNELS][plane];
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int i = 0; i < plane; i++) {
        rgb[c][i] = p[c * plane + i];
      }
    }
    return rgb;
  }
}
