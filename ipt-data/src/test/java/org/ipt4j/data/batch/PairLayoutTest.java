package org.ipt4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.image.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which folders are taken for pairs, which for clean images, and which are refused. */
class PairLayoutTest {
  private static final int CLEAN = 200; // how bright the halves are
  private static final int DEGRADED = 100;

  @TempDir Path folder;

  private void write(int side, int value, String... names) throws IOException {
    for (String name : names) {
      ImageFiles.write(Images.constant(side, side, value), folder.resolve(name));
    }
  }

  private PairSource open(String degradation) throws IOException {
    return PairSource.openFor(folder, Degradation.parse(degradation), 1, Limits.DEFAULT);
  }

  private void expectPairs(int count, PairSource set) throws IOException {
    assertThat(set.origin()).startsWith("as stored in ");
    assertThat(set.size()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      assertThat(set.pair(i).degraded().at(0, 0, 0)).isEqualTo(DEGRADED);
      assertThat(set.pair(i).clean().at(0, 0, 0)).isEqualTo(CLEAN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HR/a.png, LR_bicubic/X2/a.png",
    "HR/a.png, LR_bicubic/X2/ax2.png",
    "hr/a.png, lr_bicubic/x2/a.jpg",
    "HR/a.png, LR_bicubic_X2/a_x2.png",
    "Set5/HR/a.png, Set5/LR_bicubic/X2/ax2.png",
    "DIV2K_train_HR/0001.png, DIV2K_train_LR_bicubic/X2/0001x2.png",
    "DIV2K_valid_HR/0801.png, DIV2K_valid_LR_bicubic/X2/0801x2.png",
    "DIV2K/DIV2K_valid_HR/0801.png, DIV2K/DIV2K_valid_LR_bicubic/X2/0801x2.png",
    "Flickr2K_HR/000001.png, Flickr2K_LR_bicubic/X2/000001x2.png",
    "GTmod12/a.png, LRbicx2/a.png",
    "Set5/GTmod12/a.png, Set5/LRbicx2/ax2.png",
    "HR/a.png, LR/a.png",
    "HR/a.png, LR/X2/ax2.png",
    "train_HR/a.png, train_LR/a.png",
    "img_001_SRF_2_HR.png, img_001_SRF_2_LR.png",
    "image_SRF_2/img_001_SRF_2_HR.png, image_SRF_2/img_001_SRF_2_LR.png",
    "a_HR.png, a_LR.png",
    "target/a.png, input/a.png",
    "gt/a.png, lq/a.png",
    "HQ/a.png, LQ/ax2.png",
  })
  void smallAndLargeImages(String large, String small) throws IOException {
    write(24, CLEAN, large);
    write(12, DEGRADED, small);
    expectPairs(1, open("x2"));
    assertThat(PairSource.open(folder, 2).size()).isEqualTo(1);
    write(24, CLEAN, "readme.png", large.replaceFirst("([^/]*)$", "more-$1"));
    assertThatThrownBy(() -> open("x2")).hasMessageContaining("no degraded image belongs to ");
  }

  @ParameterizedTest
  @CsvSource({
    "norain/1.png, rain/1.png",
    "Rain12/norain/1.png, Rain12/rain/1.png",
    "norain/norain-1.png, rain/rain-1.png",
    "norain-1.png, rainy/rain-1.png",
    "target/1.png, input/1.png",
    "test/Rain100L/target/1.png, test/Rain100L/input/1.png",
    "train/targets/1.png, train/inputs/1.jpg",
    "gt/1.png, lq/1.png",
    "val_gt/1.png, val_lq/1.png",
  })
  void imagesOfOneSize(String clean, String degraded) throws IOException {
    write(12, CLEAN, clean);
    write(12, DEGRADED, degraded);
    expectPairs(1, open("derain"));
    assertThat(PairSource.open(folder, 1).size()).isEqualTo(1);
  }

  @Test
  void severalSetsAreOne() throws IOException {
    for (String set : List.of("test/Rain100L", "test/Rain100H")) {
      write(12, CLEAN, set + "/target/1.png", set + "/target/2.png");
      write(12, DEGRADED, set + "/input/1.png", set + "/input/2.png");
    }
    PairSource set = open("derain");
    expectPairs(4, set);
    assertThat(set.name(0)).isEqualTo("Rain100H/input/1.png");
    assertThat(set.origin()).isEqualTo("as stored in input beside target");
  }

  @Test
  void ofSeveralScalesTheOneAskedForIsTaken() throws IOException {
    write(24, CLEAN, "GTmod12/a.png", "original/a.png");
    write(12, DEGRADED, "LRbicx2/a.png");
    write(8, DEGRADED, "LRbicx3/a.png");
    expectPairs(1, open("x2"));
    expectPairs(1, open("x3"));
    PairSource other = open("x4");
    assertThat(other.origin()).startsWith("made here");
    assertThat(names(other)).containsExactly("a.png");
    assertThat(other.pair(0).clean().at(0, 0, 0)).isEqualTo(CLEAN);
    assertThat(open("denoise30").size()).isEqualTo(1);
  }

  @Test
  void scalesInNamesAreKeptApart() throws IOException {
    write(24, CLEAN, "SRF_2/i_SRF_2_HR.png", "SRF_3/i_SRF_3_HR.png");
    write(12, DEGRADED, "SRF_2/i_SRF_2_LR.png", "SRF_2/i_SRF_2_bicubic.png");
    write(8, DEGRADED, "SRF_3/i_SRF_3_LR.png");
    expectPairs(1, open("x2"));
    expectPairs(1, open("x3"));
  }

  /** What ends in x2 may be a name; all degraded images may have another ending. */
  @ParameterizedTest
  @CsvSource({
    "baby fox2, baby fox2",
    "baby fox2, babyx2 fox2x2",
    "baby fox2, babyx2 fox2",
    "fo fox2, fox2 fox2x2",
    "fo fox2, fo fox2",
    "fox2, fox2",
    "baby fox, baby_small fox_small",
    "a a-b, a-b a-b-b",
    "a a-x2, a-x2-jpeg_quality=30 a-x2-x2-jpeg_quality=30",
  })
  void namesThatEndAsAScaleDoes(String clean, String degraded) throws IOException {
    String[] large = clean.split(" ");
    String[] small = degraded.split(" ");
    for (int i = 0; i < large.length; i++) {
      write(24, 10 + i, "HR/" + large[i] + ".png");
      write(12, 20 + i, "LR_bicubic/X2/" + small[i] + ".png");
    }
    PairSource pairs = open("x2");
    assertThat(pairs.size()).isEqualTo(large.length);
    for (int i = 0; i < large.length; i++) {
      ImagePair pair = pairs.pair(i);
      assertThat(pair.degraded().at(0, 0, 0)).isEqualTo(10 + pair.clean().at(0, 0, 0));
    }
    assertThat(
            PairSource.matched(
                    ImageSource.open(folder.resolve("LR_bicubic/X2")),
                    ImageSource.open(folder.resolve("HR")),
                    2)
                .size())
        .isEqualTo(large.length);
  }

  @ParameterizedTest
  @CsvSource({
    "HR/a.png, LR_unknown/X2/a.png",
    "DIV2K_train_HR/0001.png, DIV2K_train_LR_unknown/X2/0001x2.png",
    "DIV2K_train_HR/0001.png, DIV2K_train_LR_mild/0001x4m.png",
    "HR/Set5/x2/baby_HR_x2.png, LRBI/Set5/x2/baby_LRBI_x2.png",
    "a.png, ax2.png",
    "Set5/a.png, Set5/X2/a.png",
    "a.png, LR/a.png",
    "cam_HR.png, cam_LR4.png",
    "original/a.png, LRbicx2/a.png",
    "high/1.png, low/1.png",
    "our485/high/2.png, our485/low/2.png",
    "Real/Normal/normal00690.png, Real/Low/low00690.png",
    "clean/1.png, degraded/2.png",
    "clean/1.png, noisy/1.png",
    "cleanImages/1.png, noisyImages/1.png",
    "0001_GT_SRGB_010.PNG, 0001_NOISY_SRGB_010.PNG",
    "original_png/0001.png, noisy15/0001.png",
    "sharp/GOPR/1.png, blur/GOPR/1.png",
    "GOPR/sharp/1.png, GOPR/blur/1.png",
    "target/1.png, inputC/1.png",
    "groundtruth/1.png, rainy_image/1.png",
    "shadow_free/1.png, shadow/1.png",
    "clear/1.png, hazy/1.png",
    "large/1.png, small/1.png",
    "after-1.png, before-1.png",
    "hires/1.png, lores/2.png",
    "reference-890/1.png, raw-890/1.png",
    "0801.png, noise15/0801.png",
    "scene1/gt.png, scene1/noisy.png",
    "gt/0_clean.png, data/0_rain.png",
  })
  void whatLooksLikePairsIsRefused(String clean, String degraded) throws IOException {
    write(12, CLEAN, clean, "other/b.png");
    write(12, DEGRADED, degraded);
    for (String task : List.of("x2", "denoise30")) {
      assertThatThrownBy(() -> open(task))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(folder + ": ")
          .hasMessageContaining("look like the degraded and the clean half of pairs")
          .hasMessageContaining("--degraded DIR --data DIR")
          .hasMessageNotContainingAny("\n");
    }
    assertThatThrownBy(() -> PairSource.open(folder, 2)).hasMessageContaining("look like");
  }

  /** Each a list of clean images. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.png b.png",
        "cats/1.png cats/2.png dogs/1.png dogs/2.png",
        "train/n01440764/1.png val/n01440764/1.png",
        "rain/1.png sun/1.png snow/2.png",
        "low_tide.png high_street.png",
        "x2.png x3.png x4.png",
        "2019/IMG_1.png 2019/IMG_2.png 2020/IMG_1.png",
        "clear_sky/1.png rainy_day/2.png",
        "norain/1.png",
        "rain_city/1.png high_street/1.png snow_white/1.png",
        "images/1.png data/1.png test/1.png",
        "lake.png lake2.png gti.png lrx.png",
        "originals/a.png portraits/a.png",
        "kodim01.png kodim02.png",
        "blur.png sharpness.png",
        "small.png large.png",
        "album/low.png album/high.png snow.png clear.png",
      })
  void ordinaryNamesAreCleanImages(String names) throws IOException {
    write(12, CLEAN, names.split(" "));
    PairSource set = open("x2");
    assertThat(set.origin()).startsWith("made here of the clean images");
    assertThat(names(set)).containsExactlyInAnyOrder(names.split(" "));
  }

  @Test
  void aFolderOfThePlaceIsOfNoConcern() throws IOException {
    write(12, CLEAN, "LR/noisy/a.png", "LR/noisy/b.png");
    PairSource set =
        PairSource.openFor(folder.resolve("LR/noisy"), Degradation.parse("x2"), 1, Limits.DEFAULT);
    assertThat(names(set)).containsExactly("a.png", "b.png");
  }

  private static List<String> names(PairSource set) {
    return IntStream.range(0, set.size()).mapToObj(set::name).toList();
  }
}
