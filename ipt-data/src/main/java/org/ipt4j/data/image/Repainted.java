package org.ipt4j.data.image;

import java.awt.Rectangle;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.awt.image.SampleModel;
import java.awt.image.WritableRaster;
import java.util.Vector;

/**
 * An image that is made while it is asked for: new colours, in the form of another image and with
 * its opacity. It must be read from the top, as the writers of PNG and TIFF do; a few rows are
 * kept.
 */
final class Repainted implements RenderedImage {
  private static final int BAND = 16; // rows; a TIFF's strip has no more, and is read twice

  /**
   * The luma weights of ITU-R BT.601, for images that were gray and come back in three channels.
   */
  private static final float[] LUMA = {0.299f, 0.587f, 0.114f};

  private final Pixels form;
  private final Rows colours;
  private final int scale;
  private final boolean alpha;
  private final ColorModel model;
  private final SampleModel samples;
  private final float[] row;
  private WritableRaster band; // the rows last made, and those before, for a strip may span both
  private int made;

  /**
   * Describes the image to make.
   *
   * @param form says whether it is gray, and how opaque
   * @param colours rows of an image s times as high and wide
   * @param alpha whether it has opacity, which {@code form} then has
   * @param depth 8 or 16 bits
   */
  Repainted(Pixels form, Rows colours, boolean alpha, int depth, ColorSpace space) {
    this.form = form;
    this.colours = colours;
    this.alpha = alpha;
    scale = colours.width() / form.width();
    model =
        new ComponentColorModel(
            space,
            alpha,
            false,
            alpha ? ColorModel.TRANSLUCENT : ColorModel.OPAQUE,
            depth == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT);
    samples = model.createCompatibleSampleModel(getWidth(), Math.min(BAND, getHeight()));
    row = new float[Image.CHANNELS * getWidth()];
  }

  /**
   * The whole image.
   *
   * @throws IllegalArgumentException if it has more than {@link Image#MOST_VALUES}
   */
  BufferedImage gathered() {
    Image.values(model.getNumComponents(), getHeight(), getWidth());
    WritableRaster all = model.createCompatibleWritableRaster(getWidth(), getHeight());
    copyData(all);
    return new BufferedImage(model, all, false, null);
  }

  @Override
  public Raster getData(Rectangle area) {
    if (band != null && band.getBounds().contains(area)) {
      return band.createChild(area.x, area.y, area.width, area.height, area.x, area.y, null);
    }
    WritableRaster target =
        model
            .createCompatibleWritableRaster(area.width, area.height)
            .createWritableTranslatedChild(area.x, area.y);
    copyData(target);
    return target;
  }

  @Override
  public WritableRaster copyData(WritableRaster given) {
    WritableRaster target =
        given != null ? given : model.createCompatibleWritableRaster(getWidth(), getHeight());
    Rectangle area = target.getBounds();
    int end = area.y + area.height;
    for (int y = area.y; y < end; ) {
      makeUpTo(y);
      int rows = Math.min(end, made) - y;
      target.setRect(band.createChild(area.x, y, area.width, rows, area.x, y, null));
      y += rows;
    }
    return target;
  }

  // until the band holds row y
  private void makeUpTo(int y) {
    if (band != null && y < band.getMinY()) {
      throw new IllegalStateException("rows are made from the top: row " + y + " is gone");
    }
    while (y >= made) {
      int rows = Math.min(BAND, getHeight() - made);
      WritableRaster before = band;
      int top = Math.max(0, made - BAND);
      band =
          model
              .createCompatibleWritableRaster(getWidth(), made - top + rows)
              .createWritableTranslatedChild(0, top);
      if (before != null) {
        band.setRect(before.createChild(0, top, getWidth(), made - top, 0, top, null));
      }
      for (int i = 0; i < rows; i++) {
        paint(made++);
      }
    }
  }

  private void paint(int y) {
    int width = getWidth();
    boolean gray = form.isGray();
    int bands = gray ? 1 : Image.CHANNELS;
    colours.next(row);
    if (gray) {
      for (int x = 0; x < width; x++) {
        row[x] = LUMA[0] * row[x] + LUMA[1] * row[width + x] + LUMA[2] * row[2 * width + x];
      }
    }
    int[] line = new int[width];
    for (int c = 0; c < bands; c++) {
      setSamples(y, c, c * width, line);
    }
    if (alpha) {
      if (scale == 1) {
        form.alpha(y, row);
      } else {
        Bicubic.enlargedRow(form::alpha, form.height(), form.width(), scale, y, row);
      }
      setSamples(y, bands, 0, line);
    }
  }

  private void setSamples(int y, int channel, int from, int[] line) {
    boolean deep = model.getTransferType() == DataBuffer.TYPE_USHORT;
    for (int x = 0; x < line.length; x++) {
      float value = row[from + x];
      line[x] = deep ? (int) (Image.clip(value) * 257 + 0.5f) : Image.quantise(value);
    }
    band.setSamples(0, y, line.length, 1, channel, line);
  }

  @Override
  public int getWidth() {
    return colours.width();
  }

  @Override
  public int getHeight() {
    return colours.height();
  }

  @Override
  public ColorModel getColorModel() {
    return model;
  }

  @Override
  public SampleModel getSampleModel() {
    return samples;
  }

  @Override
  public Raster getTile(int tileX, int tileY) {
    int y = tileY * BAND;
    return getData(new Rectangle(0, y, getWidth(), Math.min(BAND, getHeight() - y)));
  }

  @Override
  public Raster getData() {
    return getData(new Rectangle(0, 0, getWidth(), getHeight()));
  }

  @Override
  public int getTileWidth() {
    return samples.getWidth();
  }

  @Override
  public int getTileHeight() {
    return samples.getHeight();
  }

  @Override
  public int getNumXTiles() {
    return 1;
  }

  @Override
  public int getNumYTiles() {
    return (getHeight() + BAND - 1) / BAND;
  }

  @Override
  public int getMinX() {
    return 0;
  }

  @Override
  public int getMinY() {
    return 0;
  }

  @Override
  public int getMinTileX() {
    return 0;
  }

  @Override
  public int getMinTileY() {
    return 0;
  }

  @Override
  public int getTileGridXOffset() {
    return 0;
  }

  @Override
  public int getTileGridYOffset() {
    return 0;
  }

  @Override
  public Vector<RenderedImage> getSources() {
    return null; // as the interface says where there are none
  }

  @Override
  public Object getProperty(String name) {
    return java.awt.Image.UndefinedProperty;
  }

  @Override
  public String[] getPropertyNames() {
    return null; // as the interface says where there are none
  }
}
