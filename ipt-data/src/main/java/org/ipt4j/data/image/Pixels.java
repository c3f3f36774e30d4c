package org.ipt4j.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Arrays;

/**
 * The pixels of a decoded image, upright, a row at a time, on the scale 0..255. Samples are taken
 * as stored where possible: BufferedImage.getRGB would apply profiles and brighten gray images.
 */
final class Pixels {
  private final BufferedImage source;
  private final Raster raster;
  private final IndexColorModel palette; // or null
  private final boolean asStored;
  private final boolean gray;
  private final boolean alpha;
  private final boolean multiplied; // colours by the opacity, as we get them
  private final int bits;
  private final int orientation;
  private final Opacity opacity;
  private final boolean transposed;
  private final boolean fromEnd; // the first row is the last line of what is stored
  private final boolean reversed; // each row runs against its stored line

  /** The pixels of an image that is upright and described correctly. */
  Pixels(BufferedImage source) {
    this(source, 1, Opacity.STRAIGHT);
  }

  /**
   * The pixels of an image.
   *
   * @param orientation Exif's, 1..8
   * @param opacity what the file says, which counts for more than what the image says
   * @throws IllegalArgumentException if samples have more than 16 bits, or may be negative
   */
  Pixels(BufferedImage source, int orientation, Opacity opacity) {
    this.source = source;
    ColorModel colors = source.getColorModel();
    raster = source.getRaster();
    checkSamples(colors, raster.getTransferType());
    palette = colors instanceof IndexColorModel index ? index : null;
    asStored = isAsStored(colors, raster.getTransferType());
    bits = asStored ? colors.getComponentSize(0) : 8;
    gray =
        palette != null
            ? isGray(palette)
            : asStored && colors.getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    alpha = colors.hasAlpha() && opacity != Opacity.NONE;
    multiplied =
        alpha && (colors.isAlphaPremultiplied() ? asStored : opacity == Opacity.ASSOCIATED);
    this.orientation = orientation;
    this.opacity = opacity;
    transposed = orientation >= 5;
    fromEnd = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    reversed = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  }

  private static void checkSamples(ColorModel colors, int transferType) {
    Samples kind =
        switch (transferType) {
          case DataBuffer.TYPE_SHORT -> Samples.SIGNED;
          case DataBuffer.TYPE_FLOAT, DataBuffer.TYPE_DOUBLE -> Samples.FLOATING;
          default -> Samples.INTEGERS;
        };
    kind.check(Arrays.stream(colors.getComponentSize()).max().orElse(0));
  }

  private static boolean isAsStored(ColorModel colors, int transferType) {
    int space = colors.getColorSpace().getType();
    return colors instanceof ComponentColorModel
        && transferType <= DataBuffer.TYPE_USHORT
        && (space == ColorSpace.TYPE_GRAY || space == ColorSpace.TYPE_RGB);
  }

  private static boolean isGray(IndexColorModel palette) {
    for (int i = 0; i < palette.getMapSize(); i++) {
      if (palette.getRed(i) != palette.getGreen(i) || palette.getRed(i) != palette.getBlue(i)) {
        return false;
      }
    }
    return true;
  }

  /** A copy of the part of that height and width whose upper left pixel is (top, left). */
  Pixels crop(int top, int left, int height, int width) {
    int y = fromEnd ? height() - top - height : top;
    int x = start(left, width);
    Raster stored =
        transposed
            ? raster.createChild(y, x, height, width, 0, 0, null)
            : raster.createChild(x, y, width, height, 0, 0, null);
    WritableRaster copy =
        raster.createCompatibleWritableRaster(stored.getWidth(), stored.getHeight());
    copy.setDataElements(0, 0, stored);
    ColorModel colors = source.getColorModel();
    return new Pixels(
        new BufferedImage(colors, copy, colors.isAlphaPremultiplied(), null), orientation, opacity);
  }

  int height() {
    return transposed ? raster.getWidth() : raster.getHeight();
  }

  int width() {
    return transposed ? raster.getHeight() : raster.getWidth();
  }

  /** Whether the stored form makes all pixels gray. */
  boolean isGray() {
    return gray;
  }

  boolean hasAlpha() {
    return alpha;
  }

  /** Whether each sample is a byte and is taken as it is. */
  boolean isBytes() {
    return asStored && bits == 8 && !multiplied;
  }

  /** The samples as they are stored. */
  Raster raster() {
    return raster;
  }

  /** 8, or 16 for anything deeper. */
  int depth() {
    return bits > 8 ? 16 : 8;
  }

  /** Whether colours are given as stored; if not, they are converted to sRGB, as CMYK is. */
  boolean isAsStored() {
    return asStored || palette != null;
  }

  /** The colour space of the samples; sRGB for a palette and for converted samples. */
  ColorSpace colorSpace() {
    return asStored
        ? source.getColorModel().getColorSpace()
        : ColorSpace.getInstance(gray ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
  }

  /** Whether all pixels are fully opaque. */
  boolean isOpaque() {
    float[] row = new float[width()];
    for (int y = 0; alpha && y < height(); y++) {
      alpha(y, row);
      for (float value : row) {
        if (value < 255) {
          return false;
        }
      }
    }
    return true;
  }

  /** The colours of all rows. */
  Rows rows() {
    return new CountedRows(height(), width(), this::colours);
  }

  /** Writes the colours [3,W] of a row. */
  void colours(int y, float[] target) {
    colours(y, 0, width(), target);
  }

  /** Writes the colours [3,count] of a row's pixels from {@code x} on. */
  void colours(int y, int x, int count, float[] target) {
    if (asStored) {
      int bands = gray ? 1 : Image.CHANNELS;
      for (int c = 0; c < bands; c++) {
        samples(y, x, count, c, target, c * count);
      }
      for (int c = bands; c < Image.CHANNELS; c++) {
        System.arraycopy(target, 0, target, c * count, count);
      }
    } else {
      int[] argb = argb(y, x, count);
      for (int i = 0; i < count; i++) {
        target[i] = argb[i] >> 16 & 0xFF;
        target[count + i] = argb[i] >> 8 & 0xFF;
        target[2 * count + i] = argb[i] & 0xFF;
      }
    }
    if (multiplied) {
      divide(target, y, x, count);
    }
  }

  // hidden pixels become black, and no colour brighter than white
  private void divide(float[] colours, int y, int x, int count) {
    float[] opacity = new float[count];
    alpha(y, x, count, opacity);
    for (int i = 0; i < Image.CHANNELS * count; i++) {
      float alpha = opacity[i % count];
      float value = alpha > 0 ? Image.clip(colours[i] * 255 / alpha) : 0;
      colours[i] = bits > 8 ? value : Image.quantise(value);
    }
  }

  /** Writes the opacity [W] of a row, for an image that {@link #hasAlpha}. */
  void alpha(int y, float[] target) {
    alpha(y, 0, width(), target);
  }

  private void alpha(int y, int x, int count, float[] target) {
    if (asStored) {
      samples(y, x, count, source.getColorModel().getNumColorComponents(), target, 0);
      return;
    }
    int[] argb = argb(y, x, count);
    for (int i = 0; i < count; i++) {
      target[i] = argb[i] >>> 24;
    }
  }

  private void samples(int y, int x, int count, int band, float[] target, int offset) {
    int[] line = stored(y, x, count, band);
    float unit = 255f / ((1 << bits) - 1);
    for (int i = 0; i < count; i++) {
      float value = bits == 8 ? line[i] : line[i] * unit;
      target[offset + (reversed ? count - 1 - i : i)] =
          bits < 8 ? Image.quantise(value) : value; // few levels are spread over 8 bits
    }
  }

  private int line(int y) {
    return fromEnd ? height() - 1 - y : y;
  }

  // where a stretch of a row begins in its stored line
  private int start(int x, int count) {
    return reversed ? width() - x - count : x;
  }

  // in the order they are stored in
  private int[] stored(int y, int x, int count, int band) {
    int start = start(x, count);
    return transposed
        ? raster.getSamples(line(y), start, 1, count, band, (int[]) null)
        : raster.getSamples(start, line(y), count, 1, band, (int[]) null);
  }

  private int[] argb(int y, int x, int count) {
    int start = start(x, count);
    int[] line;
    if (palette != null) {
      line = stored(y, x, count, 0);
      for (int i = 0; i < count; i++) {
        line[i] = palette.getRGB(line[i]);
      }
    } else {
      line =
          transposed
              ? source.getRGB(line(y), start, 1, count, null, 0, 1)
              : source.getRGB(start, line(y), count, 1, null, 0, count);
    }
    if (reversed) {
      for (int i = 0; i < count / 2; i++) {
        int other = line[count - 1 - i];
        line[count - 1 - i] = line[i];
        line[i] = other;
      }
    }
    return line;
  }
}
