package org.ipt4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One picture in many formats, made by another library; {@code files/make.py} says how. */
class ImageFormatsTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "org", "ipt4j", "data", "files");

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "alpha.png, base.png",
    "base-16.png, base.png",
    "base.bmp, base.png",
    "base.tif, base.png",
    "base-plain.tif, base.png",
    "base.webp, base.png",
    "alpha.webp, base.png",
    "orient-6.tif, base.png",
    "gray-alpha.png, gray.png",
    "gray-16.png, gray.png",
    "gray.bmp, gray.png",
    "gray.tif, gray.png",
    "few-palette.png, few.png",
    "few-palette-transparent.png, few.png",
    "few.bmp, few.png",
    "few.gif, few.png",
    "few-animated.gif, few.png",
    "two-bit.png, two.png"
  })
  void readsLosslessOnesExactly(String file, String same) throws Exception {
    assertThat(ImageFiles.read(FILES.resolve(file)))
        .isEqualTo(ImageFiles.read(FILES.resolve(same)));
  }

  @Test
  void pictureIsWhatItWasMadeAs() throws Exception {
    Image base = ImageFiles.read(FILES.resolve("base.png"));
    Image gray = ImageFiles.read(FILES.resolve("gray.png"));
    for (int y = 0; y < 17; y++) {
      for (int x = 0; x < 24; x++) {
        assertThat(base.at(0, y, x)).isEqualTo(10 * x);
        assertThat(base.at(1, y, x)).isEqualTo(15 * y);
        assertThat(base.at(2, y, x)).isEqualTo(255 - 5 * (x + y));
        for (int c = 0; c < 3; c++) {
          assertThat(gray.at(c, y, x)).isEqualTo(7 * x + 4 * y);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "base.jpg, base.png, 40",
    "base-progressive.jpg, base.png, 40",
    "base-cmyk.jpg, base.png, 35",
    "gray.jpg, gray.png, 40",
    "base-lossy.webp, base.png, 30",
    "orient-1.jpg, base.png, 40",
    "orient-2.jpg, base.png, 40",
    "orient-3.jpg, base.png, 40",
    "orient-4.jpg, base.png, 40",
    "orient-5.jpg, base.png, 40",
    "orient-6.jpg, base.png, 40",
    "orient-7.jpg, base.png, 40",
    "orient-8.jpg, base.png, 40"
  })
  void readsLossyOnesNearly(String file, String same, double psnr) throws Exception {
    Image read = ImageFiles.read(FILES.resolve(file));
    Image expected = ImageFiles.read(FILES.resolve(same));
    assertThat(Metrics.psnr(read, expected, Metrics.Channels.RGB, 0)).isGreaterThan(psnr);
  }

  @ParameterizedTest
  @ValueSource(strings = {"animated.png", "animated.webp"})
  void refusesFilms(String file) {
    assertThatThrownBy(() -> ImageFiles.read(FILES.resolve(file)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith(file + ": animated");
  }

  @Test
  void sixteenBitsKeepTheirFractions() throws Exception {
    byte[] file = Files.readAllBytes(FILES.resolve("base-16.png"));
    assertThat(file).hasSizeGreaterThan(100);
    Image image = ImageFiles.read(FILES.resolve("base-16.png"));
    assertThat(image.quantised()).isNotSameAs(image);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "base.png",
        "base.jpg",
        "base-progressive.jpg",
        "base-cmyk.jpg",
        "gray.jpg",
        "base.bmp",
        "base.tif",
        "base.webp",
        "base-lossy.webp",
        "few.gif"
      })
  void refusesHalfAFile(String file) throws Exception {
    byte[] all = Files.readAllBytes(FILES.resolve(file));
    for (int length : new int[] {0, 1, 10, all.length / 2, all.length * 3 / 4}) {
      Path half = folder.resolve(length + file);
      Files.write(half, Arrays.copyOf(all, length));
      assertThatThrownBy(() -> ImageFiles.read(half))
          .as("%d of %d bytes", length, all.length)
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageStartingWith(half + ": ")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void refusesWhatIsNoImage() throws Exception {
    Path text = folder.resolve("text.png");
    Files.writeString(text, "This is no image.");
    assertThatThrownBy(() -> ImageFiles.read(text))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("text.png: not an image of a known format");
  }

  @Test
  void contentDecidesNotTheName() throws Exception {
    Path misnamed = folder.resolve("misnamed.jpg");
    Files.copy(FILES.resolve("base.png"), misnamed);
    assertThat(ImageFiles.read(misnamed)).isEqualTo(ImageFiles.read(FILES.resolve("base.png")));
  }

  @Test
  void refusesHugeHeadersBeforeTakingMemory() throws Exception {
    Path huge = folder.resolve("huge.png");
    Files.write(huge, pngOf(60_000, 60_000));
    assertThatThrownBy(() -> ImageFiles.read(huge))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("declares 60000×60000 pixels, the limit is 500000000 in all");
    assertThatThrownBy(() -> ImageFiles.read(FILES.resolve("base.png"), new Limits(407, 0)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("declares 17×24 pixels, the limit is 407 in all");
    assertThat(ImageFiles.read(FILES.resolve("base.png"), new Limits(408, 0)).width())
        .isEqualTo(24);
  }

  private static byte[] pngOf(int width, int height) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(header);
    out.writeBytes("IHDR");
    out.writeInt(width);
    out.writeInt(height);
    out.write(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(header.toByteArray());
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    out = new DataOutputStream(file);
    out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
    out.writeInt(13);
    out.write(header.toByteArray());
    out.writeInt((int) crc.getValue());
    out.writeInt(0);
    out.writeBytes("IDAT");
    return file.toByteArray();
  }
}
