package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.measure.Metrics;
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

  /**
   * The bicubic rows of the super-resolution literature to the last digit it prints, when made as
   * it makes them: luma rounded to 8 bits, resized there and back without rounding, then rounded.
   * So PSNR and SSIM are the literature's.
   */
  @ParameterizedTest
  @CsvSource({"2, 33.66, 0.9299", "3, 30.39, 0.8682", "4, 28.42, 0.8104"})
  void baselineOnLumaIsTheLiteratures(int scale, double psnr, double ssim) throws Exception {
    double[] mean =
        onSet5(
            scale,
            Metrics.Channels.RGB, // of gray images
            BicubicTest::luma,
            luma -> {
              Image shrunk = PlainResize.unrounded(luma, scale, 1);
              return PlainResize.unrounded(shrunk, 1, scale);
            });
    assertThat(mean[0]).isCloseTo(psnr, within(0.005));
    assertThat(mean[1]).isCloseTo(ssim, within(0.00005));
  }

  private static Image luma(Image image) {
    int plane = image.height() * image.width();
    float[] rgb = image.pixels();
    float[] gray = new float[3 * plane];
    for (int i = 0; i < plane; i++) {
      double y = 65.481 * rgb[i] + 128.553 * rgb[plane + i] + 24.966 * rgb[2 * plane + i];
      gray[i] = gray[plane + i] = gray[2 * plane + i] = (float) (16 + y / 255);
    }
    return new Image(image.height(), image.width(), gray).quantised();
  }

  /**
   * The same with our colour images of 8 bits and luma that is not rounded. Rounding luma is noise
   * that lowers SSIM by about 0.0005, so ours is higher than the literature's by that.
   */
  @ParameterizedTest
  @CsvSource({"2, 33.67, 0.9303", "3, 30.40, 0.8689", "4, 28.43, 0.8111"})
  void baselineOnColourIsKnown(int scale, double psnr, double ssim) throws Exception {
    double[] mean =
        onSet5(
            scale,
            Metrics.Channels.Y,
            UnaryOperator.identity(),
            clean -> Bicubic.enlarge(Bicubic.shrink(clean, scale), scale));
    assertThat(mean[0]).isCloseTo(psnr, within(0.005));
    assertThat(mean[1]).isCloseTo(ssim, within(0.00005));
  }

  // mean PSNR and SSIM
  private static double[] onSet5(
      int scale,
      Metrics.Channels channels,
      UnaryOperator<Image> prepared,
      UnaryOperator<Image> restoration)
      throws Exception {
    Path set5 = Shared.data("Set5");
    double[] mean = new double[2];
    for (String name : SET5) {
      Image read = ImageFiles.read(set5.resolve("HR/" + name + ".png")).croppedToMultiple(scale);
      Image clean = prepared.apply(read);
      Image restored = restoration.apply(clean);
      mean[0] += Metrics.psnr(restored, clean, channels, scale) / SET5.size();
      mean[1] += Metrics.ssim(restored, clean, channels, scale) / SET5.size();
    }
    return mean;
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 9", "2, 3", "7, 5", "11, 13", "16, 10"})
  void isThePlainRecipe(int height, int width) {
    for (int scale : new int[] {2, 3, 4, 8}) {
      Image small = Images.noise(height, width, Randomness.at(3, scale));
      assertThat(Bicubic.enlarge(small, scale)).isEqualTo(PlainResize.resize(small, 1, scale));
      Image large = Images.noise(height * scale, width * scale, Randomness.at(4, scale));
      assertThat(Bicubic.shrink(large, scale)).isEqualTo(PlainResize.resize(large, scale, 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 9", "2, 3", "7, 5", "11, 13", "40, 25"})
  void anyFactorIsThePlainRecipeToo(int height, int width) {
    Image image = Images.noise(height, width, Randomness.at(5, height));
    for (double factor : new double[] {0.03, 0.3, 0.6, 0.75, 0.99}) {
      int h = (int) Math.ceil(factor * height);
      int w = (int) Math.ceil(factor * width);
      assertThat(Bicubic.scaled(image, factor))
          .as("%s of %d×%d", factor, height, width)
          .isEqualTo(PlainResize.resize(image, h, w, factor));
    }
    assertThat(Bicubic.scaled(image, 1)).isEqualTo(image);
    assertThat(Bicubic.scaled(image, 1e-4).height()).isEqualTo(1);
    Image even = Images.noise(2 * height, 2 * width, Randomness.at(6, height));
    assertThat(Bicubic.scaled(even, 0.5)).isEqualTo(Bicubic.shrink(even, 2));
    for (double none : new double[] {0, -1, 1.1, 1e-9, Double.NaN}) {
      assertThatThrownBy(() -> Bicubic.scaled(image, none))
          .hasMessage("an image is scaled by 0.0001..1, got " + none);
    }
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
        .hasMessage("shrinking by 4 takes an image of that side at least, got 3×9 (height×width)");
  }
}
