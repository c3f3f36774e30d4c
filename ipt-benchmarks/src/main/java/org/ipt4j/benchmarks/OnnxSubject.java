package org.ipt4j.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * ONNX Runtime, running the file that this library exports. Nothing of ND4J is loaded beside it.
 */
final class OnnxSubject implements Subject {
  private static final int COLOURS = 3;

  private final Case of;
  private final OnnxRuntime runtime;

  OnnxSubject(Case of, Path folder) throws IOException {
    this.of = of;
    try {
      runtime =
          new OnnxRuntime(
              folder.resolve(Inputs.ONNX), Integer.parseInt(System.getenv("OMP_NUM_THREADS")));
    } catch (OrtException failure) {
      throw new IOException(failure);
    }
  }

  @Override
  public float[] restore(float[] degraded, int n) {
    try {
      return runtime.restore(degraded, n);
    } catch (OrtException failure) {
      throw new IllegalStateException(failure);
    }
  }

  @Override
  public double train(float[] degraded, float[] clean) {
    throw new UnsupportedOperationException("it does not train");
  }

  /** By tiles that overlap, each pixel's weights rising and falling over its tile. */
  @Override
  public float[] picture(float[] pixels) {
    int side = of.side();
    int large = side * Case.SCALE;
    int stride = side - Case.OVERLAP;
    int perSide = 1 + (Case.PICTURE_SIDE - side + stride - 1) / stride;
    int width = Case.PICTURE_SIDE * Case.SCALE;
    float[] sum = new float[COLOURS * width * width];
    float[] weights = new float[width * width];
    float[] rising = rising(side, large);
    for (int first = 0; first < perSide * perSide; first += of.batch) {
      int count = Math.min(of.batch, perSide * perSide - first);
      float[] tiles = new float[count * COLOURS * side * side];
      for (int i = 0; i < count * COLOURS * side; i++) {
        int row = start((first + i / (COLOURS * side)) / perSide, stride, side) + i % side;
        int column = start((first + i / (COLOURS * side)) % perSide, stride, side);
        int from = (i / side % COLOURS * Case.PICTURE_SIDE + row) * Case.PICTURE_SIDE + column;
        System.arraycopy(pixels, from, tiles, i * side, side);
      }
      float[] restored = restore(tiles, count);
      for (int i = 0; i < count; i++) {
        int top = Case.SCALE * start((first + i) / perSide, stride, side);
        int left = Case.SCALE * start((first + i) % perSide, stride, side);
        add(restored, i, top, left, rising, sum, weights);
      }
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] = Math.round(Math.min(255, Math.max(0, sum[i] / weights[i % weights.length])));
    }
    return sum;
  }

  private static void add(
      float[] restored, int tile, int top, int left, float[] rising, float[] sum, float[] weights) {
    int large = rising.length;
    int width = Case.PICTURE_SIDE * Case.SCALE;
    for (int y = 0; y < large; y++) {
      for (int c = 0; c < COLOURS; c++) {
        int from = ((tile * COLOURS + c) * large + y) * large;
        int to = (c * width + top + y) * width + left;
        for (int x = 0; x < large; x++) {
          sum[to + x] += rising[y] * rising[x] * restored[from + x];
        }
      }
      for (int x = 0; x < large; x++) {
        weights[(top + y) * width + left + x] += rising[y] * rising[x];
      }
    }
  }

  private static int start(int tile, int stride, int side) {
    return Math.min(tile * stride, Case.PICTURE_SIDE - side);
  }

  private static float[] rising(int side, int large) {
    float[] rising = new float[large];
    for (int i = 0; i < large; i++) {
      double sine = Math.sin(Math.PI * (i / Case.SCALE + 0.5) / side);
      rising[i] = (float) (sine * sine);
    }
    return rising;
  }
}
