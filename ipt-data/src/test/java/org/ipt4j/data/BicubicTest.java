package org.ipt4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BicubicTest {
  private static final List<String> SET5 = List.of("baby", "bird", "butterfly", "head", "woman");

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void shrinksBitForBitAsMatlab(int scale) throws Exception {
    Path set5 = Shared.data("Set5");
    for (String name : SET5) {
      Image clean = ImageFiles.read(set5.resolve("HR/" + name + ".png"));
      Path golden = set5.resolve("LR_bicubic/X" + scale + "/" + name + "x" + scale + ".png");
      assertThat(Bicubic.shrink(clean, scale)).as(name).isEqualTo(ImageFiles.read(golden));
    }
  }

  /** The bicubic rows of the super-resolution literature, to the digits it prints. */
  @ParameterizedTest
  @CsvSource({"2, 33.67, 0.9299", "3, 30.40, 0.8682", "4, 28.43, 0.8104"})
  void baselineIsTheLiteratures(int scale, double psnr, double ssim) throws Exception {
    Path set5 = Shared.data("Set5");
    double psnrSum = 0;
    double ssimSum = 0;
    for (String name : SET5) {
      Image clean = ImageFiles.read(set5.resolve("HR/" + name + ".png")).croppedToMultiple(scale);
      Image restored = Bicubic.enlarge(Bicubic.shrink(clean, scale), scale);
      psnrSum += Metrics.psnr(restored, clean, Metrics.Channels.Y, scale);
      ssimSum += Metrics.ssim(restored, clean, Metrics.Channels.Y, scale);
    }
    assertThat(psnrSum / SET5.size()).isCloseTo(psnr, within(0.02));
    assertThat(ssimSum / SET5.size()).isCloseTo(ssim, within(0.001));
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 1", "2, 7, 5", "3, 11, 13", "4, 1, 9", "8, 17, 8"})
  void keepsConstantsAndSizes(int scale, int height, int width) {
    Image gray = Images.constant(height, width, 77);
    assertThat(Bicubic.enlarge(gray, scale))
        .isEqualTo(Images.constant(scale * height, scale * width, 77));
    Image large = Images.constant(scale * height + scale - 1, scale * width, 77);
    assertThat(Bicubic.shrink(large, scale)).isEqualTo(Images.constant(height, width, 77));
  }

  /** By hand: shrinking by 2 weighs distances ½, 1½, 2½, 3½ with 111, 29, −9, −3 of 256. */
  @Test
  void weightsAreTheCubicKernels() {
    float[] pixels = new float[3 * 2 * 16];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 16 < 8 ? 0 : 128;
    }
    Image shrunk = Bicubic.shrink(new Image(2, 16, pixels), 2);
    float[] row = new float[8];
    System.arraycopy(shrunk.pixels(), 0, row, 0, 8);
    // of 128: −3/256, clipped; (29 − 9 − 3)/256; 1 − 17/256; 1 + 3/256
    assertThat(row).containsExactly(0, 0, 0, 9, 120, 130, 128, 128);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void windowWithMarginGivesTheCropOfTheWhole(int scale) {
    Image clean = Images.noise(31 * scale, 27 * scale, Randomness.at(1, scale));
    Image whole = Bicubic.shrink(clean, scale);
    int margin = Bicubic.margin(scale);
    Image window =
        clean.crop(
            7 * scale - margin, 9 * scale - margin, 8 * scale + 2 * margin, 5 * scale + 2 * margin);
    Image part = Bicubic.shrink(window, scale).crop(margin / scale, margin / scale, 8, 5);
    assertThat(part).isEqualTo(whole.crop(7, 9, 8, 5));
  }

  @Test
  void saysWhatIsTooSmall() {
    assertThatThrownBy(() -> Bicubic.shrink(Images.constant(3, 9, 1), 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shrinking by 4 takes an image of that side at least, got 3×9");
  }
}
