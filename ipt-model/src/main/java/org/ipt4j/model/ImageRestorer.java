package org.ipt4j.model;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.Picture;
import org.ipt4j.data.image.Rows;

/**
 * Restores whole images of any size. It cuts them into overlapping tiles of the network's size and
 * blends the results smoothly; images smaller than a tile are first mirrored at their edges. One
 * restorer serves many threads; each needs memory for a pass of tiles and the pixels of another,
 * and for the rows of one row of tiles or of that pass, whichever is larger.
 *
 * <p>If its thread is interrupted, restoring ends with a {@link CancellationException} and the
 * thread stays marked as interrupted; it also ends with whatever a {@link TileListener} throws. The
 * target file is then absent, or as it was before.
 *
 * <p>All methods that restore throw an {@link IllegalArgumentException} for a task that the model
 * does not have, and where the network's result is not finite.
 */
public final class ImageRestorer {
  /** How many tiles a pass on processors has for each of the {@link Workers}, unless set. */
  public static final int TILES_PER_THREAD = 8;

  private static final int WHOLE_BATCH = 256; // on a device that one pass keeps busy

  private final IptModel model;
  private final int overlap;
  private final int batch;
  private final boolean ensemble;

  /** A restorer with an overlap of {@link #defaultOverlap} and without self-ensemble. */
  public ImageRestorer(IptModel model) {
    this(model, defaultOverlap(model.config()), defaultBatch(model), false);
  }

  private static int defaultBatch(IptModel model) {
    return model.values().device().takesWholeBatches()
        ? WHOLE_BATCH
        : TILES_PER_THREAD * Workers.count();
  }

  private ImageRestorer(IptModel model, int overlap, int batch, boolean ensemble) {
    this.model = model;
    this.overlap = overlap;
    this.batch = batch;
    this.ensemble = ensemble;
  }

  /**
   * The same with another overlap: neighbouring tiles share at least {@code pixels} of the degraded
   * image.
   */
  public ImageRestorer overlapping(int pixels) {
    int most = model.config().imageSide() - 1;
    if (pixels < 0 || pixels > most) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "expected an overlap of 0 to %d, got %d", most, pixels));
    }
    return new ImageRestorer(model, pixels, batch, ensemble);
  }

  /** The same with {@code tiles} tiles in a pass; memory grows with their number. */
  public ImageRestorer inBatchesOf(int tiles) {
    if (tiles < 1) {
      throw new IllegalArgumentException("expected a batch of at least 1 tile, got " + tiles);
    }
    return new ImageRestorer(model, overlap, tiles, ensemble);
  }

  /**
   * The same with self-ensemble: each tile is restored in all eight flips and rotations, and the
   * mean is taken. A little better, eight times as slow.
   */
  public ImageRestorer ensembling() {
    return new ImageRestorer(model, overlap, batch, true);
  }

  /**
   * The default overlap, an eighth of a tile, rounded up: it gains nearly all that overlapping can,
   * with a quarter more tiles than without (docs/RESTORING.md has the curve).
   */
  public static int defaultOverlap(IptConfig config) {
    return (config.imageSide() + 7) / 8;
  }

  /**
   * The number of tiles for an image of that size.
   *
   * @throws ArithmeticException if no int holds it
   */
  public int tiles(int height, int width) {
    int side = model.config().imageSide();
    return Math.multiplyExact(
        Tiling.count(Math.max(height, side), side, overlap),
        Tiling.count(Math.max(width, side), side, overlap));
  }

  /**
   * The restored image, s times as high and wide, in 8-bit levels.
   *
   * @throws IllegalArgumentException if it has more than {@link Image#MOST_VALUES}: a file takes it
   */
  public Image restore(Task task, Image degraded) {
    return Image.quantised(restore(task, degraded.rows(), (done, all) -> {}));
  }

  /**
   * The restored image, s times as high and wide. It is gray, has 8 or 16 bits and is transparent
   * as the degraded one, which is not changed.
   *
   * @throws IllegalArgumentException if it has more than {@link Image#MOST_VALUES}: a file takes it
   */
  public BufferedImage restore(Task task, BufferedImage degraded) {
    Picture picture = Picture.of(degraded);
    return picture.repainted(restore(task, picture.rows(), (done, all) -> {}));
  }

  /**
   * Restores a file and keeps what {@link Picture} keeps. The restored file is complete or absent.
   *
   * @param target replaced if it exists; its name's ending sets the format, see {@link ImageFormat}
   * @throws IllegalArgumentException if {@code target} is the degraded image itself
   * @throws org.ipt4j.data.image.UnreadableImageException if the image cannot be read
   */
  public void restore(Task task, Path degraded, Path target) throws IOException {
    ImageFormat format = ImageFormat.of(target);
    if (Files.exists(target) && Files.exists(degraded) && Files.isSameFile(degraded, target)) {
      throw new IllegalArgumentException(target + " is the image itself: expected another file");
    }
    restore(task, Picture.read(degraded), target, format, (done, all) -> {});
  }

  /**
   * Restores a picture into a file, which is complete or absent; an existing file is replaced.
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
   * The rows of the restored image, [3,sW] in 0..255, neither clipped nor rounded. Tiles are
   * restored when rows are asked for, and the degraded image's rows are read when needed, so
   * neither image is held as a whole.
   *
   * @throws IllegalArgumentException if an array does not hold a row, or a pass of tiles
   */
  public Rows restore(Task task, Rows degraded, TileListener listener) {
    TilePass pass = new TilePass(model, model.own(task), ensemble);
    return new RestoredRows(degraded, pass, overlap, batch, listener);
  }
}
