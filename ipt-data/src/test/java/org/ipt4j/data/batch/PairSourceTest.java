package org.ipt4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.image.Limits;
import org.ipt4j.data.image.Shared;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.data.measure.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairSourceTest {
  @TempDir Path folder;

  private void write(String name, int height, int width, int value) throws Exception {
    ImageFiles.write(Images.constant(height, width, value), folder.resolve(name));
  }

  @Test
  void equalNames() throws Exception {
    write("rain/1.png", 4, 5, 11);
    write("rain/2.png", 4, 5, 12);
    write("norain/2.png", 4, 5, 2);
    write("norain/1.png", 4, 5, 1);
    PairSource pairs = PairSource.open(folder, 1);
    assertThat(pairs.size()).isEqualTo(2);
    assertThat(pairs.pair(1).degraded().at(0, 0, 0)).isEqualTo(12);
    assertThat(pairs.pair(1).clean().at(0, 0, 0)).isEqualTo(2);
    assertThat(pairs.name(1)).isEqualTo("2.png");
  }

  @Test
  void rainAndNorainBeforeTheNumber() throws Exception {
    write("rainy/rain-001.png", 4, 5, 11);
    write("norain-001.png", 4, 5, 1);
    write("norain-002.png", 4, 5, 2);
    write("rainy/rain-002.png", 4, 5, 12);
    PairSource pairs = PairSource.open(folder, 1);
    assertThat(pairs.size()).isEqualTo(2);
    assertThat(pairs.pair(0).degraded().at(0, 0, 0)).isEqualTo(11);
    assertThat(pairs.pair(0).clean().at(0, 0, 0)).isEqualTo(1);
  }

  @Test
  void pairsOfRainAreForRainOfAnyKind() throws Exception {
    write("rain/1.png", 4, 5, 11);
    write("norain/1.png", 4, 5, 1);
    for (String rain : new String[] {"derain", "derain|(derain:light|derain:heavy)"}) {
      PairSource pairs = PairSource.openFor(folder, Degradation.parse(rain), 1, Limits.DEFAULT);
      assertThat(pairs.pair(0).degraded().at(0, 0, 0)).isEqualTo(11);
    }
    Degradation more = Degradation.parse("derain|(derain:light|dehaze)");
    assertThatThrownBy(() -> PairSource.openFor(folder, more, 1, Limits.DEFAULT))
        .hasMessageEndingWith("which are for derain, not derain|(derain:light|dehaze)");
  }

  @Test
  void scalesBehindTheName() throws Exception {
    write("HR/a.png", 14, 9, 1);
    write("LR_bicubic/X3/ax3.png", 4, 3, 11);
    PairSource pairs = PairSource.open(folder, 3);
    assertThat(pairs.scale()).isEqualTo(3);
    assertThat(pairs.pair(0).clean()).isEqualTo(Images.constant(12, 9, 1));
    assertThat(pairs.pair(0).degraded()).isEqualTo(Images.constant(4, 3, 11));
  }

  @Test
  void allDegradedNamesMayHaveOneEndingMore() throws Exception {
    write("noisy/1-denoise_sigma=0..50.png", 4, 5, 11);
    write("noisy/1-2-denoise_sigma=0..50.png", 4, 5, 12);
    write("clean/1.png", 4, 5, 1);
    write("clean/1-2.png", 4, 5, 2);
    PairSource pairs = matched();
    assertThat(pairs.size()).isEqualTo(2);
    for (int i = 0; i < 2; i++) {
      assertThat(pairs.pair(i).degraded().at(0, 0, 0))
          .isEqualTo(10 + pairs.pair(i).clean().at(0, 0, 0));
    }
    write("clean/3.png", 4, 5, 3);
    write("noisy/3.png", 4, 5, 13);
    assertThatThrownBy(this::matched).hasMessageStartingWith("no clean image belongs to 1-");
  }

  private PairSource matched() throws IOException {
    return PairSource.matched(
        ImageSource.open(folder.resolve("noisy")), ImageSource.open(folder.resolve("clean")), 1);
  }

  @Test
  void missingPartnersAreNamed() throws Exception {
    write("rain/1.png", 4, 5, 11);
    write("rain/2.png", 4, 5, 12);
    write("norain/1.png", 4, 5, 1);
    assertThatThrownBy(() -> PairSource.open(folder, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no clean image belongs to 2.png");
    write("norain/2.png", 4, 5, 1);
    write("norain/3.png", 4, 5, 1);
    assertThatThrownBy(() -> PairSource.open(folder, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no degraded image belongs to 3.png");
    assertThatThrownBy(() -> PairSource.open(folder.resolve("rain"), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rain: no pairs of scale 1 in a layout that is known: HR + ");
    write("rain/2.jpg", 4, 5, 12);
    assertThatThrownBy(() -> PairSource.open(folder, 1))
        .hasMessage("two images have one name but for their endings: 2.jpg and 2.png");
  }

  @Test
  void sizesThatDoNotFitAreAnError() throws Exception {
    write("HR/a.png", 14, 8, 1);
    write("LR_bicubic/X3/a.png", 4, 3, 11);
    PairSource pairs = PairSource.open(folder, 3);
    assertThatThrownBy(() -> pairs.pair(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage("a.png: expected 4×2 (height×width), 1/3 of the clean image's 14×8, got 4×3");
  }

  /** The degraded image is the clean one's negative, shrunk, wherever it is cut. */
  @Test
  void patchesCutBothAlike() throws Exception {
    Image small = Images.noise(20, 31, Randomness.at(1));
    float[] pixels = new float[3 * 40 * 62];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = 255 - small.at(i / (40 * 62), i / 62 % 40 / 2, i % 62 / 2);
    }
    Image large = new Image(40, 62, pixels);
    ImageFiles.write(small, folder.resolve("LR_bicubic/X2/ax2.png"));
    ImageFiles.write(large, folder.resolve("HR/a.png"));
    Patches patches = new Patches(PairSource.open(folder, 2), new PatchOptions(20, 7, 1));
    PatchBatch batch = patches.batch(0);
    assertThat(batch.scale()).isEqualTo(2);
    for (int n = 0, i = 0; n < 20 * 3; n++) {
      for (int y = 0; y < 14; y++) {
        for (int x = 0; x < 14; x++, i++) {
          assertThat(batch.clean()[i])
              .isEqualTo(255 - batch.degraded()[(n * 7 + y / 2) * 7 + x / 2]);
        }
      }
    }
    assertThat(patches.batch(0).degraded()).isEqualTo(batch.degraded());
    assertThat(patches.batch(1).degraded()).isNotEqualTo(batch.degraded());
  }

  @Test
  void publishedSetsAreFound() throws Exception {
    PairSource rain = PairSource.open(Shared.data("Rain12"), 1);
    assertThat(rain.size()).isEqualTo(12);
    ImagePair pair = rain.pair(0);
    assertThat(Metrics.psnr(pair.degraded(), pair.clean(), Metrics.Channels.RGB, 0))
        .isBetween(24.0, 36.0);
    PairSource set5 = PairSource.open(Shared.data("Set5"), 4);
    for (int i = 0; i < 5; i++) {
      assertThat(Bicubic.shrink(set5.pair(i).clean(), 4)).isEqualTo(set5.pair(i).degraded());
    }
  }
}
