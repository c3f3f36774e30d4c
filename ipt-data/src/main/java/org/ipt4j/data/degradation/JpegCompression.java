package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.Window;

/**
 * JPEG compression and decompression: {@link ImageFiles#throughJpeg}.
 *
 * @param quality an integer, drawn once per image; 1..100
 */
record JpegCompression(Range quality) implements Degradation {
  private static final Range QUALITY = new Range(10, 90);

  /** Side of a compressed unit: 8×8 blocks, two by two for one of chroma. */
  private static final int UNIT = 16;

  /** The widest image whose chroma is not blended from pixel to pixel. */
  private static final int NARROW = 4;

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

  @Override
  public Area reads(Area wanted, int height, int width) {
    int top = Math.max(0, wanted.top() - 1) / UNIT * UNIT;
    // a narrow image's chroma is enlarged in another way
    int left = Math.max(0, Math.min(wanted.left() - 1, width - NARROW - 1)) / UNIT * UNIT;
    return new Area(
        top,
        left,
        Math.min(height, (wanted.bottom() / UNIT + 1) * UNIT) - top,
        Math.min(width, (wanted.right() / UNIT + 1) * UNIT) - left);
  }

  @Override
  public Image part(Window clean, Area wanted, RandomGenerator random) {
    Area read = reads(wanted, clean.height(), clean.width());
    return apply(clean.crop(read), random)
        .crop(
            wanted.top() - read.top(),
            wanted.left() - read.left(),
            wanted.height(),
            wanted.width());
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
