package org.ipt4j.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/**
 * The pixels of a decoded image, a row at a time and upright, on the scale 0..255. Samples are
 * taken as they are stored where that can be: BufferedImage.getRGB would apply profiles, and
 * brighten gray images.
 */
final class Pixels {
  private final BufferedImage source;
  private final Raster raster;
  private final IndexColorModel palette; // or null
  private final boolean asStored;
  private final boolean gray;
  private final boolean alpha;
  private final int bits;
  private final boolean transposed;
  private final boolean fromEnd; // the first row is the last line of what is stored
  private final boolean reversed; // each row runs against its stored line

  /** {@code orientation} is Exif's, 1..8. */
  Pixels(BufferedImage source, int orientation) {
    this.source = source.getColorModel().isAlphaPremultiplied() ? straight(source) : source;
    ColorModel colors = this.source.getColorModel();
    raster = this.source.getRaster();
    palette = colors instanceof IndexColorModel index ? index : null;
    asStored = isAsStored(colors, raster.getTransferType());
    bits = asStored ? colors.getComponentSize(0) : 8;
    gray =
        palette != null
            ? isGray(palette)
            : asStored && colors.getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    alpha = colors.hasAlpha();
    transposed = orientation >= 5;
    fromEnd = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    reversed = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  }

  private static BufferedImage straight(BufferedImage premultiplied) {
    WritableRaster copy = premultiplied.copyData(null);
    ColorModel colors = premultiplied.getColorModel().coerceData(copy, false);
    return new BufferedImage(colors, copy, false, null);
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

  int height() {
    return transposed ? raster.getWidth() : raster.getHeight();
  }

  int width() {
    return transposed ? raster.getHeight() : raster.getWidth();
  }

  /** Whether all pixels are gray by the form they are stored in. */
  boolean isGray() {
    return gray;
  }

  boolean hasAlpha() {
    return alpha;
  }

  /** Whether each sample is a byte and taken as it is. */
  boolean isBytes() {
    return asStored && bits == 8;
  }

  /** The samples as they are stored, opacity taken out of them. */
  Raster raster() {
    return raster;
  }

  /** 8, or 16 for anything above. */
  int depth() {
    return bits > 8 ? 16 : 8;
  }

  /** Whether colours are given as they are stored; if not, converted to sRGB, as CMYK is. */
  boolean isAsStored() {
    return asStored || palette != null;
  }

  /** What the stored samples mean; sRGB for a palette, and for what is converted. */
  ColorSpace colorSpace() {
    return asStored
        ? source.getColorModel().getColorSpace()
        : ColorSpace.getInstance(gray ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
  }

  /** Whether no pixel lets anything through. */
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

  /** The colours [3,W] of a row. */
  void colours(int y, float[] target) {
    int width = width();
    if (asStored) {
      int bands = gray ? 1 : Image.CHANNELS;
      for (int c = 0; c < bands; c++) {
        samples(y, c, target, c * width);
      }
      for (int c = bands; c < Image.CHANNELS; c++) {
        System.arraycopy(target, 0, target, c * width, width);
      }
      return;
    }
    int[] argb = argb(y);
    for (int x = 0; x < width; x++) {
      target[x] = argb[x] >> 16 & 0xFF;
      target[width + x] = argb[x] >> 8 & 0xFF;
      target[2 * width + x] = argb[x] & 0xFF;
    }
  }

  /** The opacity [W] of a row of an image that {@link #hasAlpha}. */
  void alpha(int y, float[] target) {
    if (asStored) {
      samples(y, raster.getNumBands() - 1, target, 0);
      return;
    }
    int[] argb = argb(y);
    for (int x = 0; x < argb.length; x++) {
      target[x] = argb[x] >>> 24;
    }
  }

  private int line(int y) {
    return fromEnd ? height() - 1 - y : y;
  }

  private void samples(int y, int band, float[] target, int offset) {
    int width = width();
    int[] line = lineOf(y, band);
    float unit = 255f / ((1 << bits) - 1);
    for (int x = 0; x < width; x++) {
      float value = bits == 8 ? line[x] : line[x] * unit;
      target[offset + (reversed ? width - 1 - x : x)] =
          bits < 8 ? Image.quantise(value) : value; // few levels are spread over 8 bits
    }
  }

  private int[] lineOf(int y, int band) {
    return transposed
        ? raster.getSamples(line(y), 0, 1, width(), band, (int[]) null)
        : raster.getSamples(0, line(y), width(), 1, band, (int[]) null);
  }

  private int[] argb(int y) {
    int width = width();
    int[] line;
    if (palette != null) {
      line = lineOf(y, 0);
      for (int x = 0; x < width; x++) {
        line[x] = palette.getRGB(line[x]);
      }
    } else {
      line =
          transposed
              ? source.getRGB(line(y), 0, 1, width, null, 0, 1)
              : source.getRGB(0, line(y), width, 1, null, 0, width);
    }
    if (reversed) {
      for (int x = 0; x < width / 2; x++) {
        int other = line[width - 1 - x];
        line[width - 1 - x] = line[x];
        line[x] = other;
      }
    }
    return line;
  }
}
