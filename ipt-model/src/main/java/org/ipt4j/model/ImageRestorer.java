package org.ipt4j.model;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.Picture;
import org.ipt4j.data.image.Rows;

/**
 * Restores whole images of any size by tiles of the network's size that overlap and are blended
 * smoothly; images smaller than a tile are mirrored at their edges first. Serves many threads at
 * once; each needs memory for one pass of tiles, and for the rows of one row of tiles or of that
 * pass, whichever are more.
 *
 * <p>Restoring ends with a {@link CancellationException} if its thread is interrupted, whose mark
 * stays set, and with whatever a {@link TileListener} throws. A file is then not there, or as it
 * was.
 */
public final class ImageRestorer {
  /** Tiles a pass, unless said otherwise. */
  public static final int DEFAULT_BATCH = 16;

  private final IptModel model;
  private final int overlap;
  private final int batch;
  private final boolean ensemble;

  /** With an overlap of {@link #defaultOverlap}, without self-ensemble. */
  public ImageRestorer(IptModel model) {
    this(model, defaultOverlap(model.config()), DEFAULT_BATCH, false);
  }

  private ImageRestorer(IptModel model, int overlap, int batch, boolean ensemble) {
    this.model = model;
    this.overlap = overlap;
    this.batch = batch;
    this.ensemble = ensemble;
  }

  /** The same with {@code pixels} of the degraded image that neighbouring tiles share at least. */
  public ImageRestorer overlapping(int pixels) {
    int most = model.config().imageSide() - 1;
    if (pixels < 0 || pixels > most) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "expected an overlap of 0 to %d, got %d", most, pixels));
    }
    return new ImageRestorer(model, pixels, batch, ensemble);
  }

  /** The same with {@code tiles} a pass: memory grows with them. */
  public ImageRestorer inBatchesOf(int tiles) {
    if (tiles < 1) {
      throw new IllegalArgumentException("expected a batch of at least 1 tile, got " + tiles);
    }
    return new ImageRestorer(model, overlap, tiles, ensemble);
  }

  /**
   * The same where each tile is restored in all eight mirrorings and turns and the mean is taken: a
   * little better, eight times as slow.
   */
  public ImageRestorer ensembling() {
    return new ImageRestorer(model, overlap, batch, true);
  }

  /**
   * An eighth of a tile, rounded up: nearly all that overlapping gains, at a quarter more tiles
   * than without (docs/RESTORING.md has the curve).
   */
  public static int defaultOverlap(IptConfig config) {
    return (config.imageSide() + 7) / 8;
  }

  /** How many tiles an image of that size takes. */
  public int tiles(int height, int width) {
    int side = model.config().imageSide();
    return new Tiling(Math.max(height, side), side, overlap).tiles()
        * new Tiling(Math.max(width, side), side, overlap).tiles();
  }

  /** The restored image, s times as high and wide, in 8-bit levels. */
  public Image restore(Task task, Image degraded) {
    return Image.quantised(restore(task, degraded.rows(), (done, all) -> {}));
  }

  /**
   * The restored image, s times as high and wide: as gray, as deep (8 or 16 bits) and as opaque as
   * the degraded one, which is left as it is.
   */
  public BufferedImage restore(Task task, BufferedImage degraded) {
    Picture picture = Picture.of(degraded);
    return picture.repainted(restore(task, picture.rows(), (done, all) -> {}));
  }

  /**
   * Restores a file; what {@link Picture} keeps is kept. The restored one is complete or absent.
   *
   * @param target its name's ending says the format, see {@link ImageFormat}; it is replaced
   * @throws org.ipt4j.data.image.UnreadableImageException if the image cannot be read
   */
  public void restore(Task task, Path degraded, Path target) throws IOException {
    ImageFormat format = ImageFormat.of(target);
    restore(task, Picture.read(degraded), target, format, (done, all) -> {});
  }

  /**
   * Restores a picture into a file, which is complete or absent and replaces what was there.
   *
   * @throws IllegalArgumentException if the format cannot hold the restored picture
   */
  public void restore(
      Task task, Picture degraded, Path target, ImageFormat format, TileListener listener)
      throws IOException {
    try {
      degraded.writeRepainted(restore(task, degraded.rows(), listener), target, format);
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) { // which closes the file under its writer
        CancellationException cancelled = new CancellationException("restoring was interrupted");
        cancelled.initCause(e);
        throw cancelled;
      }
      throw e;
    }
  }

  /**
   * The rows of the restored image, [3,sW] in 0..255 and neither clipped nor rounded; tiles are
   * restored as rows are asked for, and the degraded image's rows are taken as they are needed, so
   * that neither image is held.
   */
  public Rows restore(Task task, Rows degraded, TileListener listener) {
    TilePass pass = new TilePass(model, model.own(task), ensemble);
    return new RestoredRows(degraded, pass, overlap, batch, listener);
  }
}
