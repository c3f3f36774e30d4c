package org.ipt4j.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Rows;

/**
 * The rows of a restored image, made when they are asked for. It holds as many rows of the degraded
 * image as a row of tiles needs (or as the tiles of a pass need, if a row has fewer tiles), and as
 * many restored ones. While the rows of a pass are blended and taken, other threads restore the
 * tiles of the next one.
 */
final class RestoredRows implements Rows {
  private final Rows degraded;
  private final TilePass pass;
  private final int batch;
  private final TileListener listener;
  private final int side;
  private final int scale;
  private final int height; // of the degraded image, mirrored until it takes a tile
  private final int width;
  private final Tiling down;
  private final Tiling across;
  private final Window source; // [3,width] each
  private final Window blended; // [3,scale·width] each
  private final int passes; // that have begun when the first of them is waited for
  private final Deque<TilePass.Begun> begun = new ArrayDeque<>(); // the first from nextTile on
  private int nextBegun; // the first tile, row by row, that is in no pass yet
  private int nextTile; // the first that is not blended yet
  private int next;

  RestoredRows(Rows degraded, TilePass pass, int overlap, int batch, TileListener listener) {
    this.degraded = degraded;
    this.pass = pass;
    this.batch = batch;
    this.listener = listener;
    side = pass.model().config().imageSide();
    scale = pass.task().scale();
    height = Math.max(degraded.height(), side);
    width = Math.max(degraded.width(), side);
    passes = pass.model().restoresAhead() ? 2 : 1;
    checkSize();
    down = new Tiling(height, side, overlap);
    across = new Tiling(width, side, overlap);
    pass.model().checkCount(pass.task(), Math.min(batch, tiles()));
    source = new Window(Image.CHANNELS * width);
    blended = new Window(Image.CHANNELS * width * scale);
  }

  private void checkSize() {
    long wide = (long) Image.CHANNELS * width * scale;
    if (Math.max(wide, (long) height * scale) > Image.MOST_VALUES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d×%d pixels (height×width), restored %d times as high and wide, are too many: a row"
                  + " has at most %d values, three a pixel, and an image as many rows",
              degraded.height(),
              degraded.width(),
              scale,
              Image.MOST_VALUES));
    }
  }

  @Override
  public int height() {
    return degraded.height() * scale;
  }

  @Override
  public int width() {
    return degraded.width() * scale;
  }

  @Override
  public void next(float[] target) {
    if (next == height()) {
      throw new IllegalStateException("all " + next + " rows were given");
    }
    while (next >= done()) {
      advance();
    }
    float[] row = blended.row(next);
    for (int c = 0; c < Image.CHANNELS; c++) {
      System.arraycopy(row, c * width * scale, target, c * width(), width());
    }
    next++;
    blended.dropBelow(next);
  }

  private int tiles() {
    return down.tiles() * across.tiles();
  }

  private int top(int tile) {
    return down.start(tile / across.tiles());
  }

  // rows above this one get nothing more from tiles to come
  private int done() {
    return (nextTile == tiles() ? height : top(nextTile)) * scale;
  }

  private void advance() {
    try {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("restoring was interrupted");
      }
      while (begun.size() < passes && nextBegun < tiles()) {
        beginPass();
      }
      TilePass.Begun first = begun.remove();
      float[] restored = first.restored();
      int count = first.count();
      blended.extendTo((top(nextTile + count - 1) + side) * scale);
      blend(restored, nextTile, count);
      nextTile += count;
      listener.tilesDone(nextTile, tiles());
    } catch (RuntimeException | Error failure) {
      begun.forEach(TilePass.Begun::abandon);
      throw failure;
    }
  }

  // With an odd number of tiles, one of two processors would wait for the other. So a pass gives
  // each processor the same number of tiles, and goes on into the next row if a row has fewer
  // tiles than a batch. In wider images it ends with the row, which has many restored pixels.
  private void beginPass() {
    int perRow = across.tiles();
    int left = perRow > batch ? perRow - nextBegun % perRow : tiles() - nextBegun;
    int count = Math.min(left, batch - batch % Math.min(batch, Workers.count()));
    int bottom = top(nextBegun + count - 1) + side;
    read(Math.min(bottom, degraded.height()));
    begun.add(pass.begin(cut(nextBegun, count), count));
    nextBegun += count;
    if (nextBegun < tiles()) {
      source.dropBelow(top(nextBegun));
    }
  }

  private void read(int end) {
    int from = source.end();
    source.extendTo(end);
    int given = degraded.width();
    for (int y = from; y < end; y++) {
      float[] row = source.row(y);
      degraded.next(row);
      if (given < width) {
        float[] narrow = Arrays.copyOf(row, Image.CHANNELS * given);
        for (int i = 0; i < row.length; i++) {
          row[i] = narrow[i / width * given + mirrored(i % width, given)];
        }
      }
    }
  }

  private float[] cut(int first, int count) {
    float[] tiles = new float[count * Image.CHANNELS * side * side];
    for (int i = 0; i < count; i++) {
      int top = top(first + i);
      int left = across.start((first + i) % across.tiles());
      for (int c = 0; c < Image.CHANNELS; c++) {
        for (int y = 0; y < side; y++) {
          float[] row = source.row(mirrored(top + y, degraded.height()));
          int to = ((i * Image.CHANNELS + c) * side + y) * side;
          System.arraycopy(row, c * width + left, tiles, to, side);
        }
      }
    }
    return tiles;
  }

  /** Adds the weighted pixels of tiles; each thread adds some rows of the image. */
  private void blend(float[] restored, int first, int count) {
    int top = top(first) * scale;
    int rows = (top(first + count - 1) + side) * scale - top;
    Workers.run(
        rows,
        Math.min(rows, Workers.count()),
        (share, from, end) -> {
          for (int i = 0; i < count; i++) {
            blend(restored, i, first + i, top + from, top + end);
          }
        });
  }

  private void blend(float[] restored, int i, int tile, int from, int end) {
    int large = side * scale;
    float[] weightsDown = down.weights(tile / across.tiles(), scale);
    float[] weightsAcross = across.weights(tile % across.tiles(), scale);
    int top = top(tile) * scale;
    int left = across.start(tile % across.tiles()) * scale;
    for (int y = Math.max(from, top); y < Math.min(end, top + large); y++) {
      float[] row = blended.row(y);
      for (int c = 0; c < Image.CHANNELS; c++) {
        int of = ((i * Image.CHANNELS + c) * large + y - top) * large;
        int to = c * width * scale + left;
        for (int x = 0; x < large; x++) {
          row[to + x] += weightsDown[y - top] * weightsAcross[x] * restored[of + x];
        }
      }
    }
  }

  private static int mirrored(int i, int n) {
    int within = i % (2 * n);
    return within < n ? within : 2 * n - 1 - within;
  }

  /** Some rows of an image that is read from top to bottom; reuses their memory. */
  private static final class Window {
    private final int length;
    private final List<float[]> rows = new ArrayList<>();
    private final Deque<float[]> spare = new ArrayDeque<>();
    private int start;

    Window(int length) {
      this.length = length;
    }

    int end() {
      return start + rows.size();
    }

    float[] row(int y) {
      return rows.get(y - start);
    }

    /** Adds rows of zeros. */
    void extendTo(int end) {
      while (end() < end) {
        float[] row = spare.isEmpty() ? new float[length] : spare.pop();
        Arrays.fill(row, 0);
        rows.add(row);
      }
    }

    void dropBelow(int y) {
      if (y > start) {
        List<float[]> done = rows.subList(0, y - start);
        spare.addAll(done);
        done.clear();
        start = y;
      }
    }
  }
}
