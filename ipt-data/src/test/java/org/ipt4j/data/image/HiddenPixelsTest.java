package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Colours that nobody sees make no difference. */
class HiddenPixelsTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "org", "ipt4j", "data", "image", "files");

  // opacity 0 where the draw falls below the share, elsewhere anything above it
  private static BufferedImage image(int height, int width, int type, double share, int seed) {
    BufferedImage image = new BufferedImage(width, height, type);
    RandomGenerator random = Randomness.at(seed);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int alpha = random.nextDouble() < share ? 0 : 1 + random.nextInt(255);
        image.setRGB(x, y, alpha << 24 | random.nextInt(1 << 24));
      }
    }
    return image;
  }

  private static Image filled(BufferedImage image, int orientation) {
    return Image.of(HiddenPixels.filled(new Pixels(image, orientation, Opacity.STRAIGHT)));
  }

  /** By looking at all visible pixels for each hidden one, whatever way the image lies. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 0.5",
    "1, 9, 0.7",
    "9, 1, 0.7",
    "7, 5, 0.5",
    "13, 17, 0.05",
    "13, 17, 0.9",
    "20, 31, 0.99",
    "31, 20, 0.98",
    "40, 3, 0.95",
    "3, 40, 0.95"
  })
  void hiddenOnesTakeTheNearestColour(int height, int width, double share) {
    for (int seed = 0; seed < 20; seed++) {
      int orientation = 1 + seed % 8;
      BufferedImage image = image(height, width, BufferedImage.TYPE_4BYTE_ABGR, share, seed);
      Pixels pixels = new Pixels(image, orientation, Opacity.STRAIGHT);
      Image stored = Image.of(pixels.rows());
      Image filled = filled(image, orientation);
      float[][] alpha = new float[pixels.height()][pixels.width()];
      boolean any = false;
      for (int y = 0; y < alpha.length; y++) {
        pixels.alpha(y, alpha[y]);
        for (float opacity : alpha[y]) {
          any |= opacity > 0;
        }
      }
      for (int y = 0; y < alpha.length; y++) {
        for (int x = 0; x < alpha[0].length; x++) {
          assertThat(isOfNearest(filled, stored, alpha, y, x, any))
              .as("seed %d, row %d, column %d", seed, y, x)
              .isTrue();
        }
      }
    }
  }

  // several may be as near
  private static boolean isOfNearest(
      Image filled, Image stored, float[][] alpha, int y, int x, boolean any) {
    if (alpha[y][x] > 0 || !any) {
      return equal(filled, y, x, stored, y, x);
    }
    int nearest = Integer.MAX_VALUE;
    boolean found = false;
    for (int v = 0; v < alpha.length; v++) {
      for (int u = 0; u < alpha[0].length; u++) {
        int distance = (v - y) * (v - y) + (u - x) * (u - x);
        if (alpha[v][u] > 0 && distance <= nearest) {
          boolean same = equal(filled, y, x, stored, v, u);
          found = distance < nearest ? same : found || same;
          nearest = distance;
        }
      }
    }
    return found;
  }

  private static boolean equal(Image a, int y, int x, Image b, int v, int u) {
    return a.at(0, y, x) == b.at(0, v, u)
        && a.at(1, y, x) == b.at(1, v, u)
        && a.at(2, y, x) == b.at(2, v, u);
  }

  /** In all forms that images with opacity are decoded to. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_4BYTE_ABGR_PRE,
        BufferedImage.TYPE_INT_ARGB_PRE
      })
  void whatWasHiddenReachesNothing(int type) {
    BufferedImage image = image(30, 40, type, 0.4, 1);
    BufferedImage other = new BufferedImage(40, 30, type);
    for (int y = 0; y < 30; y++) {
      for (int x = 0; x < 40; x++) {
        int argb = image.getRGB(x, y);
        other.setRGB(x, y, argb >>> 24 == 0 ? 0xABCDEF : argb);
      }
    }
    Image filled = Image.of(Picture.of(image).rows());
    assertThat(Image.of(Picture.of(other).rows())).isEqualTo(filled);
    assertThat(filled).isNotEqualTo(Image.of(new Pixels(other).rows()));
  }

  /** Bit for bit, and at no cost: the rows are those of the image itself. */
  @Test
  void imagesWithoutHiddenPixelsAreAsTheyWere() throws Exception {
    BufferedImage opaque = image(9, 8, BufferedImage.TYPE_INT_RGB, 0, 2);
    BufferedImage glassy = image(9, 8, BufferedImage.TYPE_4BYTE_ABGR, 0, 3);
    BufferedImage empty = image(9, 8, BufferedImage.TYPE_4BYTE_ABGR, 1, 4);
    for (BufferedImage image : new BufferedImage[] {opaque, glassy, empty}) {
      assertThat(filled(image, 1)).isEqualTo(Image.of(new Pixels(image).rows()));
    }
    for (String file : new String[] {"base-16.png", "gray-16.png", "few-palette.png"}) {
      assertThat(Image.of(Picture.read(FILES.resolve(file)).rows()))
          .isEqualTo(ImageFiles.read(FILES.resolve(file)));
    }
  }

  @Test
  void palettesAndGrayHaveHiddenPixelsToo() throws Exception {
    for (String file : new String[] {"few-palette-transparent.png", "gray-alpha.png"}) {
      Image filled = Image.of(Picture.read(FILES.resolve(file)).rows());
      assertThat(filled).as(file).isNotEqualTo(ImageFiles.read(FILES.resolve(file)));
    }
    Image gray = Image.of(Picture.read(FILES.resolve("gray-alpha.png")).rows());
    for (int y = 0; y < 17; y++) { // only the first column is hidden
      assertThat(gray.at(0, y, 0)).isEqualTo(gray.at(0, y, 1));
    }
  }
}
