package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.measure.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(quality / 100f);
      writer.write(null, new IIOImage(Rasters.buffered(image), null, null), param);
    } finally {
      writer.dispose();
    }
    return ImageFiles.read(new ByteArrayInputStream(bytes.toByteArray()), "a JPEG");
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
