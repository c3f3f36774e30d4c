package org.ipt4j.data.image;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What TIFF files say of their samples, and how they are taken. */
class TiffTest {
  private static final Path FILES =
      Path.of("src", "test", "resources", "org", "ipt4j", "data", "image", "files");
  private static final int EXTRA_SAMPLES = 338;
  private static final int SAMPLE_FORMAT = 339;

  @TempDir Path folder;

  // of one row
  private Path write(
      boolean big, ByteOrder order, int samples, int bits, Map<Integer, int[]> more, int... values)
      throws Exception {
    ByteBuffer pixels = ByteBuffer.allocate(values.length * bits / 8).order(order);
    for (int value : values) {
      switch (bits) {
        case 8 -> pixels.put((byte) value);
        case 16 -> pixels.putShort((short) value);
        case 32 -> pixels.putInt(value);
        default -> pixels.putLong(value);
      }
    }
    Map<Integer, int[]> tags = Tiffs.tags(1, values.length / samples, samples, bits);
    tags.putAll(more);
    return Files.write(folder.resolve("a.tif"), Tiffs.file(order, big, tags, pixels.array()));
  }

  private static float[] row(Picture picture) {
    float[] row = new float[3 * picture.width()];
    picture.rows().next(row);
    return row;
  }

  /** Colours that were multiplied by the opacity are as they were before, whoever reads them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void associatedOpacityIsTakenOutOfColours(boolean big) throws Exception {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      Map<Integer, int[]> associated = Map.of(EXTRA_SAMPLES, new int[] {1});
      // opaque; half; a third, brighter than can be; nearly hidden
      int[] stored = {200, 100, 50, 255, 100, 50, 25, 128, 90, 17, 0, 85, 1, 0, 2, 2};
      float[] expected = {200, 199, 255, 128, 100, 100, 51, 0, 50, 50, 0, 255};
      Path file = write(big, order, 4, 8, associated, stored);
      assertThat(ImageFiles.read(file).pixels()).containsExactly(expected);
      assertThat(row(Picture.read(file))).containsExactly(expected);

      Path target = folder.resolve("again.tif");
      Picture picture = Picture.read(file);
      picture.writeRepainted(picture.rows(), target, ImageFormat.TIFF);
      assertThat(row(Picture.read(target))).as("written").containsExactly(expected);
      BufferedImage written = ImageIO.read(target.toFile());
      assertThat(written.getRaster().getSamples(0, 0, 4, 1, 3, (int[]) null))
          .containsExactly(255, 128, 85, 2);

      Path straight = write(big, order, 4, 8, Map.of(EXTRA_SAMPLES, new int[] {2}), stored);
      float[] asStored = {200, 100, 90, 1, 100, 50, 17, 0, 50, 25, 0, 2};
      assertThat(ImageFiles.read(straight).pixels()).containsExactly(asStored);
      assertThat(row(Picture.read(straight))).containsExactly(asStored);
    }
  }

  @Test
  void associatedOpacityOfGrayAndOfSixteenBits() throws Exception {
    Map<Integer, int[]> associated = Map.of(EXTRA_SAMPLES, new int[] {1});
    Path gray = write(false, ByteOrder.LITTLE_ENDIAN, 2, 8, associated, 60, 120, 33, 255, 9, 0);
    float[] expected = {128, 33, 0, 128, 33, 0, 128, 33, 0};
    assertThat(ImageFiles.read(gray).pixels()).containsExactly(expected);

    int half = 32768;
    Path deep =
        write(false, ByteOrder.BIG_ENDIAN, 4, 16, associated, 16384, 257, 60000, half, 1, 2, 3, 0);
    for (float[] pixels : new float[][] {ImageFiles.read(deep).pixels(), row(Picture.read(deep))}) {
      assertThat(pixels[0]).isEqualTo(127.5f);
      assertThat(pixels[2]).isBetween(1.9999f, 2.0001f);
      assertThat(pixels[4]).as("no brighter than white").isEqualTo(255);
    }
  }

  /** A fourth band may be near infrared: only what is said to be opacity is that. */
  @ParameterizedTest
  @CsvSource({"0, 8", "0, 16", "999, 8"})
  void otherBandsAreLeftOutAndSaidToBe(int kind, int bits) throws Exception {
    int unit = bits == 8 ? 1 : 257;
    int[] stored = {200 * unit, 100 * unit, 50 * unit, 0, 1 * unit, 2 * unit, 3 * unit, 7};
    float[] expected = {200, 1, 100, 2, 50, 3};
    for (boolean big : new boolean[] {false, true}) {
      Path file =
          write(
              big,
              ByteOrder.LITTLE_ENDIAN,
              4,
              bits,
              Map.of(EXTRA_SAMPLES, new int[] {kind}),
              stored);
      assertThat(ImageFiles.read(file).pixels()).containsExactly(expected);
      List<String> said = new ArrayList<>();
      Picture picture = Picture.read(file, said::add);
      assertThat(said)
          .containsExactly(file + ": bands that are neither colours nor opacity are left out");
      assertThat(row(picture)).containsExactly(expected);
      assertThat(row(picture.crop(0, 1, 1, 1))).containsExactly(1, 2, 3);
      for (ImageFormat format : ImageFormat.values()) { // those without transparency, too
        Path target = folder.resolve("again." + format.extension());
        picture.writeRepainted(picture.rows(), target, format);
        assertThat(ImageIO.read(target.toFile()).getColorModel().hasAlpha()).isFalse();
      }
    }
  }

  /** The opacity is the first of the bands behind the colours. */
  @Test
  void opacityAheadOfOtherBands() throws Exception {
    Map<Integer, int[]> bands = Map.of(EXTRA_SAMPLES, new int[] {2, 0});
    Path file = write(false, ByteOrder.LITTLE_ENDIAN, 5, 8, bands, 9, 8, 7, 102, 255);
    List<String> said = new ArrayList<>();
    Picture picture = Picture.read(file, said::add);
    assertThat(said).hasSize(1);
    Path target = folder.resolve("again.png");
    picture.writeRepainted(picture.rows(), target, ImageFormat.PNG);
    assertThat(ImageIO.read(target.toFile()).getRaster().getPixel(0, 0, (int[]) null))
        .containsExactly(9, 8, 7, 102);
    bands = Map.of(EXTRA_SAMPLES, new int[] {1, 0});
    file = write(false, ByteOrder.LITTLE_ENDIAN, 5, 8, bands, 10, 20, 30, 102, 255);
    assertThat(ImageFiles.read(file).pixels()).containsExactly(25, 50, 75);
    said.clear();
    Picture.read(
        write(
            false, ByteOrder.LITTLE_ENDIAN, 4, 8, Map.of(EXTRA_SAMPLES, new int[] {2}), 1, 2, 3, 4),
        said::add);
    assertThat(said).isEmpty();
  }

  /** Samples that have no place in 8 or 16 bits are refused, whoever reads them. */
  @ParameterizedTest
  @CsvSource({
    "1, 32, 1, 'integers of 32 bits'",
    "1, 32, 2, 'signed integers of 32 bits'",
    "1, 32, 3, 'floating point of 32 bits'",
    "1, 16, 2, 'signed integers of 16 bits'",
    "1, 16, 3, 'floating point of 16 bits'",
    "1, 8, 2, 'signed integers of 8 bits'",
    "1, 64, 3, 'floating point of 64 bits'",
    "1, 64, 6, 'complex numbers of 64 bits'",
    "1, 32, 5, 'complex numbers of 32 bits'",
    "3, 32, 3, 'floating point of 32 bits'",
    "3, 32, 1, 'integers of 32 bits'",
    "3, 8, 2, 'signed integers of 8 bits'",
    "4, 16, 3, 'floating point of 16 bits'",
    "4, 32, 2, 'signed integers of 32 bits'"
  })
  void samplesThatDoNotFitAreRefused(int samples, int bits, int format, String got)
      throws Exception {
    int[] formats = new int[samples];
    java.util.Arrays.fill(formats, format);
    Map<Integer, int[]> tags = Map.of(SAMPLE_FORMAT, formats);
    for (boolean big : new boolean[] {false, true}) {
      Path file = write(big, ByteOrder.LITTLE_ENDIAN, samples, bits, tags, new int[samples * 2]);
      String message = file + ": expected unsigned samples of up to 16 bits, got " + got;
      assertThatThrownBy(() -> ImageFiles.read(file))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> Picture.read(file))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> ImageSource.open(folder).image(0))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageEndingWith(got);
    }
  }

  @Test
  void bigTiffIsRead() throws Exception {
    Path file = FILES.resolve("base-big.tif");
    Image base = ImageFiles.read(FILES.resolve("base.png"));
    assertThat(ImageFiles.read(file)).isEqualTo(base);
    assertThat(ImageFiles.size(file)).isEqualTo(new ImageSize(17, 24));
    assertThat(ImageFiles.format(file)).isEqualTo(ImageFormat.TIFF);
    Picture picture = Picture.read(file);
    assertThat(picture.format()).isEqualTo(ImageFormat.TIFF);
    assertThat(Image.quantised(picture.rows())).isEqualTo(base);
  }

  /** Sizes in a BigTIFF are held against the file as those of a TIFF are. */
  @ParameterizedTest
  @CsvSource({
    "277, 60000, declares 60000 samples per pixel",
    "279, 65535, declares a strip or tile of 65535 bytes"
  })
  void bigTiffThatClaimsMoreThanItHasIsRefused(int tag, int value, String reason) throws Exception {
    Path file =
        write(true, ByteOrder.BIG_ENDIAN, 1, 8, Map.of(tag, new int[] {value}), 1, 2, 3, 4, 5, 6);
    assertThatThrownBy(() -> ImageFiles.read(file)).hasMessage(file + ": " + reason);
  }

  /** The file is sparse: its 4 GiB take no room on the disk. */
  @Test
  void placesBeyondFourGiBAreRefused() throws Exception {
    BufferedImage image = Rasters.buffered(Images.noise(200, 200, Randomness.at(1)));
    Path file = folder.resolve("large");
    try (FileChannel channel =
            FileChannel.open(file, CREATE_NEW, SPARSE, StandardOpenOption.READ, WRITE);
        ChannelStream stream = new ChannelStream(channel, ImageFormat.TIFF)) {
      stream.seek((1L << 32) - 2);
      stream.write(1);
      assertThatThrownBy(() -> stream.write(1)).isInstanceOf(IOException.class);
      for (int room : new int[] {100, 50_000}) { // for the directory, and for pixels
        stream.seek((1L << 32) - room);
        assertThatThrownBy(() -> ImageEncoder.write(image, null, ImageFormat.TIFF, stream))
            .isInstanceOf(IOException.class)
            .extracting(UnreadableImageException::reason)
            .isEqualTo(
                "a TIFF file holds at most 4294967295 bytes, which are too few;"
                    + " PNG takes the image");
      }
    }
    try (FileChannel channel = FileChannel.open(file, WRITE);
        ChannelStream stream = new ChannelStream(channel, ImageFormat.PNG)) {
      stream.seek((1L << 32) - 1);
      stream.write(1);
      assertThat(stream.getStreamPosition()).isEqualTo(1L << 32);
    }
  }

  /** What a decoder cannot do is told in our words, its own in brackets. */
  @Test
  void unknownKindsAreNamed() throws Exception {
    Map<Integer, int[]> unknown = Map.of(259, new int[] {34_999}); // a compression
    Path file = write(false, ByteOrder.LITTLE_ENDIAN, 1, 8, unknown, 1, 2, 3, 4);
    assertThatThrownBy(() -> ImageFiles.read(file))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageStartingWith(
            file + ": damaged, or of a kind of TIFF that is not read (Unknown TIFF Compression");
  }

  @Test
  void damagedBigTiffIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(FILES.resolve("base-big.tif"));
    for (int place = 0; place < 250; place++) {
      byte[] damaged = whole.clone();
      damaged[place] ^= (byte) 0x80;
      try (var stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(damaged))) {
        ImageFiles.read(stream, "a.tif", new Limits(10_000, 0), warning -> {});
      } catch (UnreadableImageException documented) {
        assertThat(documented).hasMessageStartingWith("a.tif: ").hasMessageNotContaining("\n");
      }
    }
  }
}
