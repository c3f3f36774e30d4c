package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.ipt4j.data.image.Image.CHANNELS;

import java.awt.image.BufferedImage;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {
  // 1 2 3
  // 4 5 6, and 10, 20 more in the other channels
  private static final Image IMAGE =
      new Image(
          2, 3, new float[] {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26});

  @Test
  void turnsAnticlockwise() {
    assertThat(IMAGE.turned(1).pixels()).startsWith(3, 6, 2, 5, 1, 4, 13, 16);
    assertThat(IMAGE.turned(2).pixels()).startsWith(6, 5, 4, 3, 2, 1, 16, 15);
    assertThat(IMAGE.turned(3).pixels()).startsWith(4, 1, 5, 2, 6, 3, 14, 11);
  }

  @Test
  void mirrorsFirst() {
    assertThat(IMAGE.mirrored().pixels()).startsWith(3, 2, 1, 6, 5, 4, 13, 12);
    assertThat(IMAGE.turned(true, 1)).isEqualTo(IMAGE.mirrored().turned(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void turningIsUndoneAsDocumented(int turn) {
    Image image = Images.noise(5, 8, Randomness.at(1, turn));
    assertThat(image.turned(true, turn).turned(true, turn)).isEqualTo(image);
    assertThat(image.turned(turn).turned(-turn)).isEqualTo(image);
  }

  @Test
  void windowIsACropOfTheTurned() {
    for (Image image :
        new Image[] {
          Images.noise(7, 10, Randomness.at(2)),
          new Image(7, 10, Images.noise(7, 10, Randomness.at(3)).pixels())
        }) {
      for (int k = 0; k < 8; k++) {
        assertThat(image.window(k >= 4, k, 2, 1, 3, 5))
            .isEqualTo(image.turned(k >= 4, k).crop(2, 1, 3, 5));
      }
    }
  }

  /** The green of a pixel is 10·row + column: its neighbours differ by 10 and by 1. */
  @Test
  void detailIsTheDifferenceOfNeighbours() {
    float[] pixels = new float[3 * 9 * 7];
    for (int y = 0; y < 9; y++) {
      for (int x = 0; x < 7; x++) {
        pixels[(9 + y) * 7 + x] = 10 * y + x;
      }
    }
    Image image = new Image(9, 7, pixels);
    assertThat(Window.of(image).detail()).isEqualTo(11);
    assertThat(new Window(image, false, 0, 2, 3, 1, 4).detail()).as("one row").isZero();
    assertThat(Window.of(Images.constant(40, 40, 9)).detail()).isZero();
  }

  @Test
  void detailOfAWindowIsThatOfWhatItShows() {
    float[] pixels = new float[3 * 7 * 10];
    pixels[7 * 10 + 3 * 10 + 6] = 100; // green at (3,6)
    Image image = new Image(7, 10, pixels);
    for (int k = 0; k < 8; k++) {
      boolean upright = k % 2 == 0;
      for (int top = 0; top < (upright ? 4 : 7); top++) {
        for (int left = 0; left < (upright ? 7 : 4); left++) {
          Window window = new Window(image, k >= 4, k, top, left, 4, 4);
          if (shows(window.image().crop(1, 1, 2, 2))) { // within, not at an edge
            assertThat(window.detail()).isPositive();
          } else if (!shows(window.image())) {
            assertThat(window.detail()).isZero();
          }
        }
      }
    }
  }

  private static boolean shows(Image part) {
    return !part.equals(Images.constant(part.height(), part.width(), 0));
  }

  @Test
  void middleLeavesAsMuchOnBothSides() {
    Image image = Images.noise(7, 10, Randomness.at(4));
    assertThat(image.middle(5)).isEqualTo(image.crop(1, 2, 5, 5));
    assertThat(image.middle(8)).isEqualTo(image.crop(0, 1, 7, 8));
    assertThat(image.middle(20)).isEqualTo(image);
  }

  @Test
  void quantisesHalfUpAndClips() {
    float[] values = {-3, 0.49f, 0.5f, 254.5f, 300, Float.NaN};
    float[] pixels = new float[18];
    System.arraycopy(values, 0, pixels, 0, 6);
    assertThat(new Image(1, 6, pixels).quantised().pixels()).startsWith(0, 0, 1, 255, 255, 0);
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatThrownBy(() -> new Image(2, 2, new float[4]))
        .hasMessage("an image of 2×2 (height×width) has 12 values, got 4");
    assertThatThrownBy(() -> IMAGE.crop(1, 0, 2, 3))
        .hasMessage("a crop lies within the image's 2 rows, got 2 from 1 on");
  }

  /** In an int the number of values is negative; or positive again, and far too small. */
  @ParameterizedTest
  @CsvSource({"28000, 28000, 2352000000", "40000, 40000, 4800000000"})
  void moreThanAnArrayHoldsIsRefused(int height, int width, String values) {
    Rows rows = new CountedRows(height, width, (y, row) -> {});
    String message =
        height
            + "×"
            + width
            + " pixels (height×width) have "
            + values
            + " values, more than the 2147483631 of an image in memory;"
            + " a file of PNG, or of TIFF up to 4 GiB, is written row by row and takes them";
    assertThatThrownBy(() -> Image.of(rows)).hasMessage(message);
    assertThatThrownBy(() -> Image.quantised(rows)).hasMessage(message);
    Picture picture = Picture.of(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB));
    assertThatThrownBy(() -> picture.repainted(rows)).hasMessage(message);
    Image line = new Image(1, 9000, new float[CHANNELS * 9000]);
    assertThatThrownBy(() -> Bicubic.enlarge(line, 500))
        .hasMessageStartingWith("500×4500000 pixels (height×width) have 6750000000 values");
  }
}
