package org.ipt4j.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleConsumer;
import org.ipt4j.core.Tape;
import org.ipt4j.data.Image;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Restores whole images of any size by tiles of the network's size that overlap and are blended
 * smoothly. Serves many threads at once; each needs memory for one batch of tiles.
 */
public final class ImageRestorer {
  /** Tiles a pass, unless said otherwise. */
  static final int DEFAULT_BATCH = 16;

  private static final double WHITE = 255;

  private final IptModel model;
  private final int overlap;
  private final int batch;

  /** With an overlap of a quarter of a tile. */
  public ImageRestorer(IptModel model) {
    this(model, model.config().imageSide() / 4, DEFAULT_BATCH);
  }

  /**
   * Restores with a model.
   *
   * @param overlap pixels of the degraded image that neighbouring tiles share at least
   * @param batch tiles a pass
   */
  public ImageRestorer(IptModel model, int overlap, int batch) {
    int side = model.config().imageSide();
    if (overlap < 0 || overlap >= side || batch < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected an overlap of 0 to %d and a batch of at least 1, got %d and %d",
              side - 1,
              overlap,
              batch));
    }
    this.model = model;
    this.overlap = overlap;
    this.batch = batch;
  }

  /** The restored image, s times as high and wide, in 8-bit levels. */
  public Image restore(Task task, Image degraded) {
    return restore(task, degraded, progress -> {});
  }

  /**
   * The restored image.
   *
   * @param progress is told after each pass which part of the tiles is done, up to 1
   */
  public Image restore(Task task, Image degraded, DoubleConsumer progress) {
    int side = model.config().imageSide();
    Image padded = padded(degraded, side);
    Tiling rows = new Tiling(padded.height(), side, overlap);
    Tiling columns = new Tiling(padded.width(), side, overlap);
    int tiles = rows.tiles() * columns.tiles();
    int scale = task.scale();
    int width = padded.width() * scale;
    float[] blended = new float[Image.CHANNELS * padded.height() * scale * width];
    int tile = Image.CHANNELS * side * side;
    float[] in = new float[batch * tile];
    for (int first = 0; first < tiles; first += batch) {
      int count = Math.min(batch, tiles - first);
      for (int i = 0; i < count; i++) {
        int row = (first + i) / columns.tiles();
        int column = (first + i) % columns.tiles();
        padded.crop(rows.start(row), columns.start(column), side, side).copyTo(in, i * tile);
      }
      float[] out = restore(task, Arrays.copyOf(in, count * tile), count);
      for (int i = 0; i < count; i++) {
        int row = (first + i) / columns.tiles();
        int column = (first + i) % columns.tiles();
        blend(
            out,
            i,
            rows.weights(row, scale),
            columns.weights(column, scale),
            blended,
            rows.start(row) * scale,
            columns.start(column) * scale,
            width);
      }
      progress.accept((double) (first + count) / tiles);
    }
    return new Image(padded.height() * scale, width, blended)
        .crop(0, 0, degraded.height() * scale, degraded.width() * scale)
        .quantised();
  }

  /** Tiles [count,3,H,W] in 0..255 → [count,3,sH,sW] in 0..255, not clipped. */
  private float[] restore(Task task, float[] tiles, int count) {
    int side = model.config().imageSide();
    double range = model.config().rgbRange() / WHITE;
    try (Tape tape = Tape.inference(model.values())) {
      INDArray degraded = tape.array(tiles, count, Image.CHANNELS, side, side).muli(range);
      INDArray restored = model.forward(tape, task, degraded).restored().value();
      return restored.muli(1 / range).data().asFloat();
    }
  }

  /** Adds a tile's pixels, weighted, to the image [3,·,width] at (top, left). */
  private static void blend(
      float[] tiles,
      int tile,
      float[] down,
      float[] across,
      float[] image,
      int top,
      int left,
      int width) {
    int side = down.length;
    int plane = image.length / Image.CHANNELS;
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < side; y++) {
        int from = ((tile * Image.CHANNELS + c) * side + y) * side;
        int to = c * plane + (top + y) * width + left;
        for (int x = 0; x < side; x++) {
          image[to + x] += down[y] * across[x] * tiles[from + x];
        }
      }
    }
  }

  /** Mirrors an image at its lower and right edges, as often as needed, until it takes a tile. */
  private static Image padded(Image image, int side) {
    int height = Math.max(image.height(), side);
    int width = Math.max(image.width(), side);
    if (height == image.height() && width == image.width()) {
      return image;
    }
    float[] in = image.pixels();
    float[] out = new float[Image.CHANNELS * height * width];
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < height; y++) {
        int row = c * image.height() + mirrored(y, image.height());
        for (int x = 0; x < width; x++) {
          out[(c * height + y) * width + x] = in[row * image.width() + mirrored(x, image.width())];
        }
      }
    }
    return new Image(height, width, out);
  }

  private static int mirrored(int i, int n) {
    int within = i % (2 * n);
    return within < n ? within : 2 * n - 1 - within;
  }
}
