package org.ipt4j.data.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.ipt4j.core.Randomness;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.measure.Metrics.Channels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class MetricsTest {
  private static final Image NOISE = Images.noise(24, 31, Randomness.at(4));

  /** Against scikit-image; {@code make.py} beside the goldens has the same formulas. */
  @ParameterizedTest
  @CsvFileSource(resources = "metrics/goldens.csv", useHeadersInDisplayName = true)
  void isWhatScikitImageSays(
      int height,
      int width,
      int strength,
      Channels channels,
      int border,
      double psnr,
      double ssim) {
    float[] clean = new float[3 * height * width];
    float[] restored = new float[clean.length];
    for (int c = 0, i = 0; c < 3; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, i++) {
          clean[i] = (3 * x + 5 * y + 40 * c + 4 * (x * y % 17)) % 256;
          restored[i] = clean[i] + ((x * x + 3 * y + 7 * c) % 23 - 11) * strength;
        }
      }
    }
    Image a = new Image(height, width, clean);
    Image b = new Image(height, width, restored);
    assertThat(Metrics.psnr(b, a, channels, border)).isCloseTo(psnr, within(1e-6));
    assertThat(Metrics.ssim(b, a, channels, border)).isCloseTo(ssim, within(1e-7));
  }

  @Test
  void ofConstantsByHand() {
    Image a = Images.constant(20, 20, 100);
    Image b = Images.constant(20, 20, 110);
    assertThat(Metrics.psnr(a, b, Channels.RGB, 0)).isCloseTo(20 * Math.log10(25.5), within(1e-12));
    // equal channels differ by 10·219/255 in luma
    assertThat(Metrics.psnr(a, b, Channels.Y, 2))
        .isCloseTo(20 * Math.log10(255 / (10 * 219 / 255.0)), within(1e-9));
    double c1 = 6.5025;
    assertThat(Metrics.ssim(a, b, Channels.RGB, 0))
        .isCloseTo((2 * 100 * 110 + c1) / (100 * 100 + 110 * 110 + c1), within(1e-9));
  }

  @Test
  void ofEqualImages() {
    assertThat(Metrics.psnr(NOISE, NOISE, Channels.RGB, 0)).isInfinite();
    assertThat(Metrics.ssim(NOISE, NOISE, Channels.Y, 3)).isCloseTo(1, within(1e-12));
  }

  @Test
  void onQuantisedValues() {
    float[] shifted = NOISE.pixels().clone();
    for (int i = 0; i < shifted.length; i++) {
      shifted[i] += 0.4f;
    }
    assertThat(Metrics.psnr(new Image(24, 31, shifted), NOISE, Channels.RGB, 0)).isInfinite();
  }

  @Test
  void withoutTheBorder() {
    float[] pixels = NOISE.pixels().clone();
    for (int x = 0; x < 31; x++) {
      pixels[31 + x] = 255 - pixels[31 + x];
    }
    Image changed = new Image(24, 31, pixels);
    assertThat(Metrics.psnr(changed, NOISE, Channels.RGB, 1)).isFinite();
    assertThat(Metrics.psnr(changed, NOISE, Channels.RGB, 2)).isInfinite();
  }

  @Test
  void refusesWhatCannotBeCompared() {
    assertThatThrownBy(() -> Metrics.psnr(NOISE, Images.constant(24, 30, 0), Channels.Y, 0))
        .hasMessageContaining("24×31")
        .hasMessageContaining("24×30");
    assertThatThrownBy(() -> Metrics.ssim(NOISE, NOISE, Channels.Y, 7))
        .hasMessage("SSIM takes at least 11×11 pixels within the border, got 10×17 (height×width)");
  }

  @Test
  void bordersThatLeaveNothingAreRefused() {
    Image small = Images.constant(2, 5, 0);
    assertThatThrownBy(() -> Metrics.psnr(small, small, Metrics.Channels.Y, 1))
        .hasMessage(
            "expected a border that leaves something of the image, got 1 pixels of 2×5"
                + " (height×width)");
  }
}
