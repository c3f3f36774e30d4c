package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.Bicubic;
import org.ipt4j.data.Image;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageRestorerTest {
  private static final Task SAME = new Task("denoise30", 1);
  private static final Task DOUBLE = new Task("x2", 2);
  // untrained with an input residual: the identity, and bicubic enlargement
  private static final IptModel UNTRAINED =
      IptModel.create(IptConfig.preset("nano"), List.of(SAME, DOUBLE), 1);

  @ParameterizedTest
  @CsvSource({"1,1,3", "1,50,0", "12,12,3", "11,13,1", "47,49,3", "30,61,11"})
  void tilesPutTogetherAreTheImage(int height, int width, int overlap) {
    Image image = noise(height, width);
    ImageRestorer restorer = new ImageRestorer(UNTRAINED, overlap, 5, false);
    assertThat(restorer.restore(SAME, image)).isEqualTo(image);
  }

  @Test
  void anUntrainedTileIsEnlargedBicubically() {
    float[] faint = noise(12, 12).pixels().clone();
    for (int i = 0; i < faint.length; i++) {
      faint[i] =
          Math.round(100 + faint[i] / 8); // no overshoot beyond 0..255, which would be clipped
    }
    Image image = new Image(12, 12, faint);
    float[] restored = new ImageRestorer(UNTRAINED).restore(DOUBLE, image).pixels();
    float[] bicubic = Bicubic.enlarge(image, 2).pixels();
    assertThat(restored).hasSize(3 * 24 * 24);
    for (int i = 0; i < bicubic.length; i++) {
      // MATLAB's recipe rounds between its passes, the network does not
      assertThat(restored[i]).isBetween(bicubic[i] - 1, bicubic[i] + 1);
    }
  }

  @Test
  void progressEndsWithAllTiles() {
    List<Integer> progress = new ArrayList<>();
    ImageRestorer restorer = new ImageRestorer(UNTRAINED, 3, 2, false);
    int tiles = restorer.tiles(20, 40);
    Image.quantised(
        restorer.restore(
            SAME,
            noise(20, 40).rows(),
            (done, all) -> {
              progress.add(done);
              assertThat(all).isEqualTo(tiles);
            }));
    assertThat(progress).isSorted().endsWith(tiles).hasSizeGreaterThan(2);
  }

  @Test
  void anOverlapBelowTheTileIsNeeded() {
    assertThatThrownBy(() -> new ImageRestorer(UNTRAINED, 12, 1, false))
        .hasMessageContaining("expected an overlap of 0 to 11")
        .hasMessageContaining("got 12");
  }

  @ParameterizedTest
  @CsvSource({"48,48,12", "49,48,12", "500,48,0", "481,48,24", "97,12,11"})
  void weightsSumToOneAtEveryPixel(int length, int side, int overlap) {
    Tiling tiling = new Tiling(length, side, overlap);
    float[] sums = new float[length * 2];
    for (int tile = 0; tile < tiling.tiles(); tile++) {
      float[] weights = tiling.weights(tile, 2);
      for (int i = 0; i < weights.length; i++) {
        sums[tiling.start(tile) * 2 + i] += weights[i];
      }
      if (tile > 0) {
        assertThat(tiling.start(tile - 1) + side - tiling.start(tile))
            .isGreaterThanOrEqualTo(overlap);
      }
    }
    for (float sum : sums) {
      assertThat(sum).isBetween(0.99999f, 1.00001f);
    }
  }

  private static Image noise(int height, int width) {
    RandomGenerator random = Randomness.at(height, width);
    float[] pixels = new float[3 * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    return new Image(height, width, pixels);
  }
}
