package org.ipt4j.data.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.image.UnreadableImageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestSetTest {
  @TempDir Path folder;

  private Image write(String name, int height, int width) throws IOException {
    Image image = Images.noise(height, width, Randomness.at(name.hashCode()));
    ImageFiles.write(image, folder.resolve(name));
    return image;
  }

  private TestSet open(String degradation) throws IOException {
    return TestSet.open(folder, Degradation.parse(degradation), 7);
  }

  @Test
  void storedLowResolutionIsUsed() throws IOException {
    Image large = write("HR/a.png", 13, 16);
    Image small = write("LR_bicubic/X2/ax2.png", 6, 8);
    TestSet set = open("x2");
    assertThat(set.name()).isEqualTo(folder.getFileName().toString());
    assertThat(set.origin()).contains("LR_bicubic/X2");
    assertThat(set.pairs().size()).isEqualTo(1);
    assertThat(set.pairs().pair(0)).isEqualTo(new ImagePair(small, large.crop(0, 0, 12, 16)));
  }

  @Test
  void ofTheLayoutOnlyCleanImagesAreDegradedOtherwise() throws IOException {
    Image large = write("HR/a.png", 13, 16);
    write("LR_bicubic/X2/ax2.png", 6, 8);
    for (String other : new String[] {"x3", "x2+jpeg:quality=10", "denoise30", "derain"}) {
      TestSet set = open(other);
      assertThat(set.origin()).contains("made here").contains("seed 7").contains(other);
      assertThat(set.pairs().size()).isEqualTo(1);
      assertThat(set.pairs().pair(0).clean())
          .isEqualTo(large.croppedToMultiple(set.pairs().scale()));
    }
    assertThat(open("x3").pairs().pair(0).degraded()).isEqualTo(Bicubic.shrink(large, 3));
  }

  @Test
  void storedRainIsForRainOfAnyKind() throws IOException {
    Image clean = write("norain/1.png", 12, 13);
    Image rainy = write("rain/1.png", 12, 13);

    TestSet set = open("derain|derain:density=1..2,angle=3");

    assertThat(set.origin()).contains("as stored");
    assertThat(set.pairs().pair(0)).isEqualTo(new ImagePair(rainy, clean));
  }

  @Test
  void degradedAsTheSeedAndTheNameSay() throws IOException {
    Image b = write("b.png", 12, 13);
    Image alone = open("denoise30").pairs().pair(0).degraded();
    assertThat(alone)
        .isEqualTo(
            Degradation.parse("denoise30")
                .apply(b, Randomness.at(7, "b.png".hashCode()))
                .quantised());
    ImageFiles.write(b, folder.resolve("a.png"));
    PairSource two = open("denoise30").pairs();
    assertThat(two.pair(1).degraded()).as("beside another image").isEqualTo(alone);
    assertThat(two.pair(0).degraded()).as("the same image of another name").isNotEqualTo(alone);
    PairSource otherSeed = TestSet.open(folder, Degradation.parse("denoise30"), 8).pairs();
    assertThat(otherSeed.pair(1).degraded()).isNotEqualTo(alone);
  }

  @Test
  void rainyPairsAreForDerainOnly() throws IOException {
    Image clean = write("norain/1.png", 12, 13);
    Image rainy = write("rain/1.png", 12, 13);
    TestSet set = open("derain");
    assertThat(set.origin()).contains("as stored");
    assertThat(set.pairs().pair(0)).isEqualTo(new ImagePair(rainy, clean));
    assertThat(open("derain:light").pairs().size()).isEqualTo(1);
    assertThatThrownBy(() -> open("denoise30"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pairs of rainy and clean images")
        .hasMessageContaining("denoise30");
    assertThatThrownBy(() -> open("derain+denoise10"))
        .hasMessageContaining("which are for derain, not derain+denoise10");
  }

  @Test
  void rainyPairsByTheirNames() throws IOException {
    Image clean = write("norain-001.png", 12, 13);
    Image rainy = write("rainy/rain-001.png", 12, 13);
    assertThat(open("derain").pairs().pair(0)).isEqualTo(new ImagePair(rainy, clean));
  }

  @Test
  void twoFolders() throws IOException {
    Image clean = write("sharp/1.png", 24, 26);
    Image small = write("small/1x2.png", 12, 13);
    TestSet set = TestSet.matched(folder.resolve("small"), folder.resolve("sharp"), 2);
    assertThat(set.name()).isEqualTo("sharp");
    assertThat(set.origin()).isEqualTo("as stored in small");
    assertThat(set.pairs().pair(0)).isEqualTo(new ImagePair(small, clean));
    write("sharp/2.png", 24, 26);
    assertThatThrownBy(() -> TestSet.matched(folder.resolve("small"), folder.resolve("sharp"), 2))
        .hasMessage("no degraded image belongs to 2.png");
  }

  @Test
  void anImageSmallerThanTheScaleIsNamed() throws IOException {
    write("a.png", 3, 20);
    PairSource pairs = open("x4").pairs();
    assertThatThrownBy(() -> pairs.pair(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageStartingWith("a.png: too small for x4");
  }

  @Test
  void withoutImagesThereIsNone() throws IOException {
    Files.createDirectories(folder.resolve("HR"));
    assertThatThrownBy(() -> open("x2")).hasMessageContaining("no image in");
  }
}
