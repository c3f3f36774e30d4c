package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.plugins.jpeg.JPEGQTable;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;
import javax.imageio.stream.ImageOutputStream;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.measure.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.NodeList;

class ImageFilesTest {
  @TempDir Path folder;

  @Test
  void pngKeepsEveryValue() throws Exception {
    Image noise = Images.noise(13, 7, Randomness.at(1));
    Path file = folder.resolve("new/noise.png");
    ImageFiles.write(noise, file);
    assertThat(ImageFiles.read(file)).isEqualTo(noise);
    assertThat(file.getParent()).isDirectoryContaining("glob:**noise.png");
    assertThat(file.getParent().toFile().list()).hasSize(1);
  }

  /** The numbers that head a PNG's chunks lie across the borders of blocks that are read. */
  @Test
  void chunksMayBeginAnywhere() throws Exception {
    Image noise = Images.noise(400, 700, Randomness.at(2));
    for (int shift = 0; shift < 12; shift++) {
      Path file = folder.resolve("shift" + shift + ".png");
      Files.write(file, withText(ImageFiles.png(noise), 8192 - 12 - 33 + shift));
      assertThat(ImageFiles.read(file)).as("shift %d", shift).isEqualTo(noise);
    }
  }

  // a chunk of text behind the header, so long that what follows begins at `length` further on
  private static byte[] withText(byte[] png, int length) {
    int header = 8 + 12 + 13;
    ByteBuffer chunk = ByteBuffer.allocate(length);
    chunk.putInt(length - 12).put("tEXt".getBytes(StandardCharsets.ISO_8859_1)).put((byte) 'a');
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, length - 8);
    chunk.putInt(length - 4, (int) crc.getValue());
    return ByteBuffer.allocate(png.length + length)
        .put(png, 0, header)
        .put(chunk.array())
        .put(png, header, png.length - header)
        .array();
  }

  @Test
  void pngHasTheImagesPixels() throws Exception {
    Image noise = Images.noise(5, 9, Randomness.at(1));
    Path file = Files.write(folder.resolve("noise"), ImageFiles.png(noise));
    assertThat(ImageFiles.read(file)).isEqualTo(noise.quantised());
  }

  @Test
  void jpegComesNear() throws Exception {
    Image leaves = new DeadLeaves(1, 1, 64, 64).image(0);
    Path file = folder.resolve("leaves.JPG");
    ImageFiles.write(leaves, file);
    Image read = ImageFiles.read(file);
    assertThat(Metrics.psnr(read, leaves, Metrics.Channels.Y, 0)).isBetween(30.0, 60.0);
  }

  @Test
  void throughJpegTheBetterTheHigherTheQuality() {
    Image leaves = new DeadLeaves(1, 1, 64, 64).image(0);
    double previous = 0;
    for (int quality : new int[] {1, 10, 50, 100}) {
      Image left = ImageFiles.throughJpeg(leaves, quality);
      double psnr = Metrics.psnr(left, leaves, Metrics.Channels.Y, 0);
      assertThat(psnr).isGreaterThan(previous + 1);
      previous = psnr;
    }
    assertThatThrownBy(() -> ImageFiles.throughJpeg(leaves, 0))
        .hasMessage("a quality of JPEG is 1..100, got 0");
  }

  @Test
  void throughJpegToTheBitAsTheRuntimeDoesIt() throws Exception {
    RandomGenerator random = Randomness.at(9);
    for (int i = 0; i < 300; i++) {
      int height = 1 + random.nextInt(50);
      int width = 1 + random.nextInt(50);
      Image image =
          switch (i % 3) {
            case 0 -> Images.noise(height, width, random);
            case 1 -> new DeadLeaves(i, 1, 50, 50).image(0).crop(0, 0, height, width);
            default -> extremes(height, width, random);
          };
      int quality = 1 + random.nextInt(100);
      assertThat(ImageFiles.throughJpeg(image, quality))
          .as("%s at quality %d", image, quality)
          .isEqualTo(byTheRuntime(image, quality));
    }
  }

  /** The luma tables of {@code cjpeg -quality}, and of chroma the first row. */
  @Test
  void tablesAreThoseOfTheIndependentJpegGroup() {
    assertThat(JpegLoss.scaled(JPEGQTable.K1Luminance, 30))
        .containsExactly(
            27, 18, 17, 27, 40, 66, 85, 101, //
            20, 20, 23, 32, 43, 96, 100, 91, //
            23, 22, 27, 40, 66, 95, 115, 93, //
            23, 28, 37, 48, 85, 144, 133, 103, //
            30, 37, 61, 93, 113, 181, 171, 128, //
            40, 58, 91, 106, 134, 173, 188, 153, //
            81, 106, 129, 144, 171, 201, 199, 168, //
            120, 153, 158, 163, 186, 166, 171, 164);
    assertThat(JpegLoss.scaled(JPEGQTable.K1Luminance, 75))
        .startsWith(8, 6, 5, 8, 12, 20, 26, 31, 6, 6, 7, 10, 13, 29, 30, 28);
    assertThat(JpegLoss.scaled(JPEGQTable.K2Chrominance, 75))
        .startsWith(9, 9, 12, 24, 50, 50, 50, 50);
    assertThat(JpegLoss.scaled(JPEGQTable.K1Luminance, 10))
        .startsWith(80, 55, 50, 80, 120, 200, 255, 255);
    assertThat(JpegLoss.scaled(JPEGQTable.K2Chrominance, 1)).containsOnly(255);
    assertThat(JpegLoss.scaled(JPEGQTable.K1Luminance, 100)).containsOnly(1);
  }

  /** In whole numbers, as libjpeg 6b's jcparam.c has it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void tablesOfAllQualities(boolean chroma) {
    JPEGQTable table = chroma ? JPEGQTable.K2Chrominance : JPEGQTable.K1Luminance;
    int[] base = table.getTable();
    for (int quality = 1; quality <= 100; quality++) {
      long scale = quality < 50 ? 5000 / quality : 200 - quality * 2;
      int[] expected = new int[base.length];
      for (int i = 0; i < base.length; i++) {
        long step = (base[i] * scale + 50L) / 100L;
        expected[i] = (int) (step <= 0 ? 1 : step > 255 ? 255 : step);
      }
      assertThat(JpegLoss.scaled(table, quality)).as("quality %d", quality).isEqualTo(expected);
    }
  }

  private static Image extremes(int height, int width, RandomGenerator random) {
    float[] pixels = new float[3 * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextBoolean() ? 255 : 0;
    }
    return new Image(height, width, pixels).quantised();
  }

  private static Image byTheRuntime(Image image, int quality) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      BufferedImage pixels = Rasters.buffered(image);
      IIOMetadata metadata =
          writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(pixels), null);
      String format = metadata.getNativeMetadataFormatName();
      IIOMetadataNode tree = (IIOMetadataNode) metadata.getAsTree(format);
      NodeList tables = tree.getElementsByTagName("dqtable"); // in which Java scales otherwise
      for (int i = 0; i < tables.getLength(); i++) {
        IIOMetadataNode table = (IIOMetadataNode) tables.item(i);
        boolean luma = table.getAttribute("qtableId").equals("0");
        JPEGQTable base = luma ? JPEGQTable.K1Luminance : JPEGQTable.K2Chrominance;
        table.setUserObject(new JPEGQTable(JpegLoss.scaled(base, quality)));
      }
      metadata.setFromTree(format, tree);
      writer.write(null, new IIOImage(pixels, null, metadata), null);
    } finally {
      writer.dispose();
    }
    return ImageFiles.read(new ByteArrayInputStream(bytes.toByteArray()), "a JPEG");
  }

  @Test
  void aRootIsNoImage() {
    Path root = folder.getRoot();
    assertThat(ImageFiles.isImage(root)).isFalse();
    assertThatThrownBy(() -> ImageFormat.of(root))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("images are written as .png,")
        .hasMessageEndingWith("got " + root);
  }

  @Test
  void nothingIsReadFarBeyondAPartsEnd() throws Exception {
    ImageInputStream endless =
        new ImageInputStreamImpl() {
          @Override
          public int read() {
            return 7;
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            return length;
          }
        };
    try (PartOfStream part = new PartOfStream(endless, 0, 4)) {
      part.seek((1L << 32) - 4000);
      assertThat(part.read()).isEqualTo(-1);
    }
  }

  @Test
  void refusesOtherFormatsAndMissingFiles() {
    assertThatThrownBy(() -> ImageFiles.write(Images.constant(1, 1, 0), folder.resolve("a.gif")))
        .hasMessage("images are written as .png, .jpg, .jpeg, .tif, .tiff, .bmp, got a.gif");
    assertThatThrownBy(() -> ImageFiles.read(folder.resolve("a.png")))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageEndingWith("a.png: no such file");
  }
}
