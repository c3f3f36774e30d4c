package org.ipt4j.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.random.RandomGenerator;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * What JPEG leaves of an image: written and read again by the Java runtime's libjpeg, chroma halved
 * both ways, with the example tables of the standard (ITU-T T.81, annex K) scaled by quality as the
 * Independent JPEG Group does.
 *
 * @param quality drawn once per image, whole; 1..100
 */
record JpegCompression(Range quality) implements Degradation {
  private static final Range QUALITY = new Range(10, 90);

  /** Side of a compressed unit: 8×8 blocks, two by two for one of chroma. */
  private static final int UNIT = 16;

  JpegCompression {
    quality.checkWhole("the quality of jpeg", 1, 100);
  }

  static JpegCompression of(Settings settings) {
    return new JpegCompression(settings.range("quality", QUALITY));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      try (var out = new MemoryCacheImageOutputStream(bytes)) {
        ImageFiles.writeJpeg(Rasters.buffered(clean), quality.drawWhole(random) / 100f, out);
      }
      try (var in =
          new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
        return ImageFiles.read(in, "what was just written", Limits.DEFAULT, warning -> {});
      }
    } catch (IOException impossible) { // in memory
      throw new UncheckedIOException(impossible);
    }
  }

  // the unit that a pixel lies in, and the next, whose chroma is blended into it
  @Override
  public int margin() {
    return 2 * UNIT;
  }

  @Override
  public int grid() {
    return UNIT;
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof JpegCompression part && quality.includes(part.quality);
  }

  @Override
  public String name() {
    return new Name("jpeg").set("quality", quality, QUALITY).toString();
  }
}
