package org.ipt4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.ipt4j.core.Randomness;
import org.ipt4j.data.Metrics.Channels;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private static final Image NOISE = Images.noise(24, 31, Randomness.at(4));

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
        .hasMessage("SSIM takes at least 11×11 pixels within the border, got 10×17");
  }
}
