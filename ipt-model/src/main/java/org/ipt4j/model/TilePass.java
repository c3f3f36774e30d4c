package org.ipt4j.model;

import org.ipt4j.data.image.Image;

/**
 * Takes tiles through the network. With self-ensemble (Timofte et al., "Seven ways to improve
 * example-based single image super resolution", 2016) each tile passes in all eight flips and
 * rotations; the results are turned back and averaged.
 */
record TilePass(IptModel model, Task task, boolean ensemble) {
  private static final int TURNS = 8;

  /** Tiles [N,3,H,W] in 0..255 → [N,3,sH,sW] in 0..255, not clipped. */
  float[] run(float[] tiles, int count) {
    if (!ensemble) {
      return model.restoreTiles(task, tiles, count);
    }
    int side = model.config().imageSide();
    int large = side * task.scale();
    float[] sum = new float[count * Image.CHANNELS * large * large];
    float[] turned = new float[tiles.length];
    for (int turn = 0; turn < TURNS; turn++) {
      for (int i = 0; i < tiles.length; i++) {
        turned[i] = tiles[source(turn, side, i)];
      }
      float[] restored = model.restoreTiles(task, turned, count);
      for (int i = 0; i < sum.length; i++) {
        sum[source(turn, large, i)] += restored[i] / TURNS;
      }
    }
    return sum;
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
