package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;

/**
 * JPEG compression and decompression: {@link ImageFiles#throughJpeg}.
 *
 * @param quality an integer, drawn once per image; 1..100
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
    return ImageFiles.throughJpeg(clean, quality.drawWhole(random));
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
