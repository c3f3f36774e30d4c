package org.ipt4j.data.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/** Converts between {@link Image} and {@link BufferedImage}. */
final class Rasters {
  private Rasters() {}

  static Image image(Pixels pixels) {
    if (pixels.isBytes()) {
      return fromBytes(pixels.raster(), pixels.isGray() ? 1 : Image.CHANNELS);
    }
    return pixels.depth() == 8 ? Image.quantised(pixels.rows()) : Image.of(pixels.rows());
  }

  // a row at once, all bands: several times faster than sample by sample
  private static Image fromBytes(Raster raster, int bands) {
    int height = raster.getHeight();
    int width = raster.getWidth();
    byte[] pixels = new byte[Image.values(Image.CHANNELS, height, width)];
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
