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
 * Between {@link Image} and {@link BufferedImage}. Samples are taken as they are stored where that
 * can be: BufferedImage.getRGB would apply profiles, and brighten gray images.
 */
final class Rasters {
  private Rasters() {}

  static Image image(BufferedImage source) {
    ColorModel colors = source.getColorModel();
    Raster raster = source.getRaster();
    if (colors instanceof IndexColorModel palette) {
      return fromPalette(raster, palette);
    }
    boolean asStored =
        colors instanceof ComponentColorModel
            && !colors.isAlphaPremultiplied()
            && raster.getTransferType() <= DataBuffer.TYPE_USHORT;
    return switch (asStored ? colors.getColorSpace().getType() : -1) {
      case ColorSpace.TYPE_GRAY -> fromSamples(raster, colors, 1);
      case ColorSpace.TYPE_RGB -> fromSamples(raster, colors, Image.CHANNELS);
      default -> fromRgb(source);
    };
  }

  private static Image fromPalette(Raster raster, IndexColorModel palette) {
    int height = raster.getHeight();
    int width = raster.getWidth();
    byte[] pixels = new byte[Image.CHANNELS * height * width];
    int[] row = new int[width];
    for (int y = 0, i = 0; y < height; y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
      for (int x = 0; x < width; x++, i++) {
        set(pixels, i, height * width, palette.getRGB(row[x]));
      }
    }
    return Image.ofBytes(height, width, pixels);
  }

  private static Image fromSamples(Raster raster, ColorModel colors, int bands) {
    return colors.getComponentSize(0) == 8
        ? fromBytes(raster, bands)
        : fromOtherSamples(raster, bands, colors.getComponentSize(0));
  }

  // a row at once, all bands: several times faster than sample by sample
  private static Image fromBytes(Raster raster, int bands) {
    int height = raster.getHeight();
    int width = raster.getWidth();
    byte[] pixels = new byte[Image.CHANNELS * height * width];
    int all = raster.getNumDataElements();
    byte[] row = new byte[all * width];
    for (int y = 0; y < height; y++) {
      raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int c = 0; c < Image.CHANNELS; c++) {
        int to = (c * height + y) * width;
        int from = bands == 1 ? 0 : c;
        for (int x = 0; x < width; x++) {
          pixels[to + x] = row[from + x * all];
        }
      }
    }
    return Image.ofBytes(height, width, pixels);
  }

  // below 8 bits spread over 0..255, above with fractions
  private static Image fromOtherSamples(Raster raster, int bands, int bits) {
    int height = raster.getHeight();
    int width = raster.getWidth();
    float[] pixels = new float[Image.CHANNELS * height * width];
    float unit = 255f / ((1 << bits) - 1);
    int[] row = new int[width];
    for (int c = 0, i = 0; c < Image.CHANNELS; c++) {
      int band = bands == 1 ? 0 : c;
      for (int y = 0; y < height; y++) {
        raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, band, row);
        for (int x = 0; x < width; x++, i++) {
          pixels[i] = row[x] * unit;
        }
      }
    }
    Image image = new Image(height, width, pixels);
    return bits < 8 ? image.quantised() : image;
  }

  private static Image fromRgb(BufferedImage source) {
    int height = source.getHeight();
    int width = source.getWidth();
    byte[] pixels = new byte[Image.CHANNELS * height * width];
    int[] row = new int[width];
    for (int y = 0, i = 0; y < height; y++) {
      source.getRGB(0, y, width, 1, row, 0, width);
      for (int x = 0; x < width; x++, i++) {
        set(pixels, i, height * width, row[x]);
      }
    }
    return Image.ofBytes(height, width, pixels);
  }

  private static void set(byte[] pixels, int i, int plane, int rgb) {
    pixels[i] = (byte) (rgb >> 16);
    pixels[plane + i] = (byte) (rgb >> 8);
    pixels[2 * plane + i] = (byte) rgb;
  }

  static BufferedImage buffered(Image image) {
    int height = image.height();
    int width = image.width();
    float[] pixels = image.quantised().pixels();
    BufferedImage target = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    WritableRaster raster = target.getRaster();
    float[] row = new float[width];
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < height; y++) {
        System.arraycopy(pixels, (c * height + y) * width, row, 0, width);
        raster.setSamples(0, y, width, 1, c, row);
      }
    }
    return target;
  }
}
