package org.ipt4j.model;

/**
 * Covers one axis of an image with overlapping tiles and weights their pixels: the weights rise and
 * fall smoothly over the overlaps and sum to 1 at every pixel, so that blending is a weighted sum
 * and leaves no seam.
 */
final class Tiling {
  private final int side;
  private final int[] starts;
  private final float[][] weights; // [tile][pixel of the tile]

  /**
   * Covers {@code length} ≥ {@code side} pixels.
   *
   * @param overlap the least number of pixels that two neighbours share, below {@code side}
   */
  Tiling(int length, int side, int overlap) {
    this.side = side;
    int stride = side - overlap;
    starts = new int[count(length, side, overlap)];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = Math.min(i * stride, length - side);
    }
    weights = weights(length, side, starts);
  }

  /** How many tiles cover {@code length} ≥ {@code side} pixels. */
  static int count(int length, int side, int overlap) {
    long stride = side - overlap;
    return 1 + (int) ((length - side + stride - 1) / stride);
  }

  private static float[][] weights(int length, int side, int[] starts) {
    double[] sums = new double[length];
    float[][] weights = new float[starts.length][side];
    for (int start : starts) {
      for (int i = 0; i < side; i++) {
        sums[start + i] += hann(i, side);
      }
    }
    for (int tile = 0; tile < starts.length; tile++) {
      for (int i = 0; i < side; i++) {
        weights[tile][i] = (float) (hann(i, side) / sums[starts[tile] + i]);
      }
    }
    return weights;
  }

  // positive everywhere, so that a pixel of one tile alone has weight 1
  private static double hann(int i, int side) {
    double sine = Math.sin(Math.PI * (i + 0.5) / side);
    return sine * sine;
  }

  int tiles() {
    return starts.length;
  }

  int start(int tile) {
    return starts[tile];
  }

  /** The weights of a tile's pixels after enlargement by {@code scale}: each weight is repeated. */
  float[] weights(int tile, int scale) {
    float[] enlarged = new float[side * scale];
    for (int i = 0; i < enlarged.length; i++) {
      enlarged[i] = weights[tile][i / scale];
    }
    return enlarged;
  }
}
