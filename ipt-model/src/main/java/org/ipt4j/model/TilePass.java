package org.ipt4j.model;

import org.ipt4j.data.image.Image;
import org.ipt4j.model.IptModel.TilesBegun;

/**
 * Takes tiles through the network. With self-ensemble (Timofte et al., "Seven ways to improve
 * example-based single image super resolution", 2016) each tile passes in all eight flips and
 * rotations; the results are turned back and averaged.
 */
record TilePass(IptModel model, Task task, boolean ensemble) {
  private static final int TURNS = 8;

  /** Tiles on their way through the network. */
  final class Begun {
    private final float[] tiles;
    private final int count;
    private TilesBegun turned; // in the first turn that is not over

    private Begun(float[] tiles, int count) {
      this.tiles = tiles;
      this.count = count;
      turned = turned(0);
    }

    int count() {
      return count;
    }

    /** [N,3,sH,sW] in 0..255, not clipped; the calling thread takes part. */
    float[] restored() {
      if (!ensemble) {
        return turned.get();
      }
      int large = model.config().imageSide() * task.scale();
      float[] sum = new float[count * Image.CHANNELS * large * large];
      for (int turn = 0; turn < TURNS; turn++) {
        float[] restored = turned.get();
        if (turn + 1 < TURNS) {
          turned = turned(turn + 1);
        }
        for (int i = 0; i < sum.length; i++) {
          sum[source(turn, large, i)] += restored[i] / TURNS;
        }
      }
      return sum;
    }

    private TilesBegun turned(int turn) {
      if (turn == 0) {
        return model.beginTiles(task, tiles, count);
      }
      float[] turned = new float[tiles.length];
      for (int i = 0; i < tiles.length; i++) {
        turned[i] = tiles[source(turn, model.config().imageSide(), i)];
      }
      return model.beginTiles(task, turned, count);
    }

    /** Skips what nobody has begun. */
    void abandon() {
      turned.work().abandon();
    }
  }

  /** Takes tiles [N,3,H,W] in 0..255 through the network; other threads begin. */
  Begun begin(float[] tiles, int count) {
    return new Begun(tiles, count);
  }

  // where the value at i of planes of n×n comes from: transposed, then mirrored both ways
  private static int source(int turn, int n, int i) {
    int plane = i / (n * n);
    int y = i / n % n;
    int x = i % n;
    int row = (turn & 4) == 0 ? y : x;
    int column = (turn & 4) == 0 ? x : y;
    row = (turn & 2) == 0 ? row : n - 1 - row;
    column = (turn & 1) == 0 ? column : n - 1 - column;
    return (plane * n + row) * n + column;
  }
}
