package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.ipt4j.data.measure.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One picture in many formats, made by another library; {@code files/make.py} says how. */
class ImageFormatsTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "org", "ipt4j", "data", "image", "files");

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
  @ValueSource(strings = {"animated.png", "animated.webp", "few-animated.gif"})
  void refusesFilms(String file) {
    assertThatThrownBy(() -> ImageFiles.read(FILES.resolve(file)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith(file + ": animated");
  }

  /**
   * Frames that are announced behind the first image are none, as the format's description says.
   */
  @Test
  void aPngThatIsAnimatedTooLateIsAnImage() throws Exception {
    byte[] base = Files.readAllBytes(FILES.resolve("base.png"));
    byte[] frames = {0, 0, 0, 2, 0, 0, 0, 0};
    Path late = Files.write(folder.resolve("late.png"), Images.png(base, false, "acTL", frames));
    assertThat(ImageFiles.read(late)).isEqualTo(ImageFiles.read(FILES.resolve("base.png")));
    Path early = Files.write(folder.resolve("early.png"), Images.png(base, true, "acTL", frames));
    assertThatThrownBy(() -> ImageFiles.read(early)).hasMessage(early + ": animated");
  }

  @Test
  void sixteenBitsKeepTheirFractions() throws Exception {
    BufferedImage deep = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
    deep.getRaster().setPixel(0, 0, new int[] {257 * 100 + 64});
    Path file = folder.resolve("deep.png");
    ImageIO.write(deep, "png", file.toFile());
    assertThat(ImageFiles.read(file).at(2, 0, 0)).isCloseTo(100 + 64 / 257f, within(1e-3f));
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
  void aSizeThatIsNoneIsDamage() throws Exception {
    Path none = Files.write(folder.resolve("none.png"), pngOf(0, 5));
    for (ThrowingCallable reading :
        List.<ThrowingCallable>of(() -> ImageFiles.read(none), () -> ImageFiles.size(none))) {
      assertThatThrownBy(reading)
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageStartingWith(none + ": damaged, or of a kind of PNG that is not read (");
    }
  }

  @Test
  void refusesHugeHeadersBeforeTakingMemory() throws Exception {
    Path huge = folder.resolve("huge.png");
    Files.write(huge, pngOf(60_000, 60_000));
    assertThatThrownBy(() -> ImageFiles.read(huge))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith(
            "declares 60000×60000 pixels (height×width), the limit is 500000000 in all");
    assertThatThrownBy(() -> ImageFiles.read(FILES.resolve("base.png"), new Limits(407, 0)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("declares 17×24 pixels (height×width), the limit is 407 in all");
    assertThat(ImageFiles.read(FILES.resolve("base.png"), new Limits(408, 0)).width())
        .isEqualTo(24);
  }

  /** Sizes that ImageIO does not ask for before the decoder takes memory by them. */
  @ParameterizedTest
  @CsvSource({
    "0x115, 60000, declares 60000 samples per pixel",
    "0x117, 2000000000, declares a strip or tile of 2000000000 bytes"
  })
  void refusesTiffThatClaimsMoreThanItHas(String tag, int value, String reason) throws Exception {
    ByteBuffer tiff =
        ByteBuffer.wrap(Files.readAllBytes(FILES.resolve("base-plain.tif")))
            .order(ByteOrder.LITTLE_ENDIAN);
    int directory = tiff.getInt(4);
    for (int i = 0; i < tiff.getShort(directory); i++) {
      int entry = directory + 2 + 12 * i;
      if (tiff.getShort(entry) == Integer.decode(tag)) {
        tiff.putShort(entry + 2, (short) 4).putInt(entry + 8, value);
      }
    }
    Path file = Files.write(folder.resolve("claims.tif"), tiff.array());
    assertThatThrownBy(() -> ImageFiles.read(file))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("claims.tif: " + reason);
  }

  @Test
  void refusesWebpWhoseFrameIsLargerThanItsCanvas() throws Exception {
    ByteBuffer webp = ByteBuffer.allocate(60).order(ByteOrder.LITTLE_ENDIAN);
    webp.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(52);
    webp.put("WEBPVP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10).putInt(0);
    webp.put(new byte[] {23, 0, 0, 16, 0, 0}); // 24×17, less one
    webp.put("VP8L".getBytes(StandardCharsets.US_ASCII)).putInt(22).put((byte) 0x2F);
    webp.putInt(16383 << 14 | 16383);
    Path file = Files.write(folder.resolve("claims.webp"), webp.array());
    assertThatThrownBy(() -> ImageFiles.read(file, new Limits(100_000_000, 0)))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith(
            "declares 16384×16384 pixels (height×width), the limit is 100000000 in all");
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
