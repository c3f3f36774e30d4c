package org.ipt4j.data.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.image.PlainResize;
import org.ipt4j.data.image.Shared;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluationTest {
  private static final Evaluation.Listener NOBODY = new Evaluation.Listener() {};

  @TempDir Path folder;

  private Image write(String name, int height, int width) throws IOException {
    Image image = new DeadLeaves(name.hashCode(), 1, height, width).image(0);
    ImageFiles.write(image, folder.resolve(name));
    return image.quantised();
  }

  @Test
  void figuresAreThoseOfTheMetrics() throws IOException {
    Image a = write("a.png", 30, 41);
    Image b = write("b.png", 40, 34);
    TestSet set = TestSet.open(folder, Degradation.parse("x2"), 1);
    Contender tooBright =
        new Contender(
            "too bright",
            small -> {
              float[] pixels = Bicubic.enlarge(small, 2).pixels().clone();
              for (int i = 0; i < pixels.length; i++) {
                pixels[i] += 300; // quantising clips it to white
              }
              return new Image(2 * small.height(), 2 * small.width(), pixels);
            });
    List<String> told = new ArrayList<>();
    Evaluation measured =
        Evaluation.of(
            set,
            List.of(Contender.baseline(2), tooBright),
            new Evaluation.Listener() {
              @Override
              public void measured(Evaluation.Row row, ImagePair pair, List<Image> restored) {
                told.add(row.image());
                assertThat(restored.get(1).pixels()).containsOnly(255);
                assertThat(restored.get(0)).isEqualTo(Bicubic.enlarge(pair.degraded(), 2));
              }
            });
    assertThat(told).containsExactly("a.png", "b.png");
    assertThat(measured.contenders()).containsExactly("bicubic", "too bright");
    Image cut = a.crop(0, 0, 30, 40);
    Image bicubic = Bicubic.enlarge(Bicubic.shrink(a, 2), 2);
    Quality first = measured.rows().get(0).qualities().get(0);
    assertThat(first)
        .isEqualTo(
            new Quality(
                Metrics.psnr(bicubic, cut, Metrics.Channels.Y, 2),
                Metrics.ssim(bicubic, cut, Metrics.Channels.Y, 2),
                Metrics.psnr(bicubic, cut, Metrics.Channels.RGB, 2),
                Metrics.ssim(bicubic, cut, Metrics.Channels.RGB, 2)));
    Quality second = Quality.of(Bicubic.enlarge(Bicubic.shrink(b, 2), 2), b, Evaluation.border(2));
    assertThat(measured.mean(0).psnrY())
        .isCloseTo((first.psnrY() + second.psnrY()) / 2, within(1e-12));
    assertThat(measured.mean(0).ssimRgb())
        .isCloseTo((first.ssimRgb() + second.ssimRgb()) / 2, within(1e-12));
  }

  @Test
  void withoutAScaleTheBaselineIsTheInputAndNothingIsCut() throws IOException {
    Image a = write("a.png", 30, 41);
    TestSet set = TestSet.open(folder, Degradation.parse("denoise30"), 1);
    Evaluation measured =
        Evaluation.of(
            set, List.of(Contender.baseline(1), new Contender("perfect", noisy -> a)), NOBODY);
    assertThat(measured.contenders().get(0)).isEqualTo("input");
    assertThat(measured.mean(0).psnrRgb())
        .isEqualTo(Metrics.psnr(set.pairs().pair(0).degraded(), a, Metrics.Channels.RGB, 0));
    assertThat(measured.mean(1).psnrY()).isInfinite();
    assertThat(measured.mean(1).ssimY()).isCloseTo(1, within(1e-12));
  }

  @Test
  void anImageRestoredExactlyIsLeftOutOfTheMean() throws IOException {
    ImageFiles.write(Images.constant(30, 30, 90), folder.resolve("flat.png"));
    Image a = write("a.png", 30, 40);
    Image b = write("b.png", 30, 40);
    TestSet set = TestSet.open(folder, Degradation.parse("x2"), 1);
    Evaluation measured = Evaluation.of(set, List.of(Contender.baseline(2)), NOBODY);
    assertThat(measured.rows().get(2).qualities().get(0).psnrY()).isInfinite();
    Quality first = Quality.of(Bicubic.enlarge(Bicubic.shrink(a, 2), 2), a, 2);
    Quality second = Quality.of(Bicubic.enlarge(Bicubic.shrink(b, 2), 2), b, 2);
    assertThat(measured.mean(0).psnrY())
        .isCloseTo((first.psnrY() + second.psnrY()) / 2, within(1e-12));
    assertThat(measured.mean(0).ssimY())
        .isCloseTo((first.ssimY() + second.ssimY() + 1) / 3, within(1e-12));
    assertThat(measured.leftOut())
        .containsExactly(
            set.name() + ", bicubic: the mean PSNR is that of 2 of 3 images, without flat.png (∞)");
    assertThat(Evaluation.protocol(2)).anyMatch(sentence -> sentence.contains("infinite"));
  }

  @Test
  void whatFailsIsNamedAndTheRestGoesOn() throws IOException {
    write("HR/a.png", 30, 42);
    write("HR/b.png", 30, 42);
    write("HR/c.png", 30, 42);
    write("HR/d.png", 14, 42);
    write("HR/e.png", 30, 44);
    write("LR_bicubic/X2/a.png", 15, 20);
    Files.writeString(folder.resolve("LR_bicubic/X2/b.png"), "no image");
    write("LR_bicubic/X2/c.png", 15, 21);
    write("LR_bicubic/X2/d.png", 7, 21);
    write("LR_bicubic/X2/e.png", 15, 22);
    write("HR/f.png", 30, 46);
    write("LR_bicubic/X2/f.png", 15, 23);
    List<String> told = new ArrayList<>();
    Contender choosy =
        new Contender(
            "choosy",
            small -> {
              if (small.width() == 22) {
                throw new IllegalArgumentException("not this one");
              }
              if (small.width() == 23) {
                throw new OutOfMemoryError("Java heap space");
              }
              return Bicubic.enlarge(small, 2);
            });
    Evaluation measured =
        Evaluation.of(
            TestSet.open(folder, Degradation.parse("x2"), 1),
            List.of(Contender.baseline(2), choosy),
            new Evaluation.Listener() {
              @Override
              public void failed(String message) {
                told.add(message);
              }
            });
    assertThat(measured.rows()).extracting(Evaluation.Row::image).containsExactly("c.png");
    assertThat(measured.failures())
        .isEqualTo(told)
        .containsExactly(
            "a.png: expected 15×21 (height×width), 1/2 of the clean image's 30×42, got 15×20",
            "LR_bicubic/X2/b.png: not an image of a known format",
            "d.png: SSIM takes at least 11×11 pixels within the border, got 10×38 (height×width)",
            "e.png: not this one",
            "f.png: too large for the memory (Java heap space)");
  }

  @Test
  void theProtocolSaysWhatIsCut() {
    assertThat(Evaluation.protocol(3)).anyMatch(sentence -> sentence.startsWith("3 pixels"));
    assertThat(Evaluation.protocol(1))
        .contains("Nothing is cut at the borders.")
        .noneMatch(sentence -> sentence.contains("bicubic"));
  }

  /**
   * Through 8-bit RGB, as models see the images; and as the row is made, on luma alone, rounded
   * before and after but not in between.
   */
  @ParameterizedTest
  @CsvSource({
    "2, 33.673, 0.9303, 33.66, 0.9299",
    "3, 30.403, 0.8689, 30.39, 0.8682",
    "4, 28.429, 0.8111, 28.42, 0.8104"
  })
  void bicubicOnSet5IsThePublishedRow(
      int scale, double psnr, double ssim, double published, double publishedSsim)
      throws IOException {
    TestSet set = TestSet.open(Shared.data("Set5"), Degradation.parse("x" + scale), 1);
    Quality mean = Evaluation.of(set, List.of(Contender.baseline(scale)), NOBODY).mean(0);
    assertThat(mean.psnrY()).isCloseTo(psnr, within(0.0005));
    assertThat(mean.ssimY()).isCloseTo(ssim, within(0.00005));
    assertThat(mean.psnrY()).isCloseTo(published, within(0.015));
    assertThat(mean.ssimY()).isCloseTo(publishedSsim, within(0.0008));

    List<Quality> onLuma = new ArrayList<>();
    for (int i = 0; i < set.pairs().size(); i++) {
      Image luma = luma(set.pairs().pair(i).clean());
      Image shrunk = PlainResize.unrounded(luma, scale, 1);
      Image enlarged = PlainResize.unrounded(shrunk, 1, scale);
      onLuma.add(Quality.of(enlarged, luma, scale));
    }
    // three equal channels: the figures on RGB are those of the plane itself
    assertThat(Quality.mean(onLuma).psnrRgb()).isCloseTo(published, within(0.005));
    assertThat(Quality.mean(onLuma).ssimRgb()).isCloseTo(publishedSsim, within(0.00005));
  }

  /** Gray, of each pixel's luma rounded to 8 bits, as MATLAB's rgb2ycbcr gives it. */
  private static Image luma(Image image) {
    float[] rgb = image.pixels();
    int plane = image.height() * image.width();
    float[] gray = new float[3 * plane];
    for (int i = 0; i < gray.length; i++) {
      int p = i % plane;
      double y = 65.481 * rgb[p] + 128.553 * rgb[plane + p] + 24.966 * rgb[2 * plane + p];
      gray[i] = Math.round(16 + y / 255);
    }
    return new Image(image.height(), image.width(), gray);
  }

  @Test
  void theProtocolOfSeveralScalesClaimsNoneOfOne() {
    assertThat(Evaluation.protocol(1)).contains("Nothing is cut at the borders.");
    assertThat(Evaluation.protocol(List.of(3, 3))).isEqualTo(Evaluation.protocol(3));
    assertThat(Evaluation.protocol(List.of(1, 2, 4)))
        .contains("Of enlarged images as many pixels as the scale are cut on every side first.")
        .doesNotContain("Nothing is cut at the borders.")
        .noneMatch(sentence -> sentence.startsWith("2 pixels"))
        .anyMatch(sentence -> sentence.contains("bicubically, the 8-bit RGB image"));
  }
}
