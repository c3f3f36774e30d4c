package org.ipt4j.core;

import org.ipt4j.core.WinogradTiles.Half;
import org.ipt4j.core.WinogradTiles.Planes;

/**
 * The backward pass of a 5×5 convolution by Winograd's minimal filtering F(4×4, 5×5) (Lavin &amp;
 * Gray, 2016, arXiv 1509.09308). The forward pass would be y = Aᵀ·[U·V]·A for each tile of 4×4
 * outputs, with U = G·w·Gᵀ and V = Bᵀ·x·B: products of channels at 64 points instead of 400. So
 * with dM = A·dy·Aᵀ, dx = B·[Uᵀ·dM]·Bᵀ and dw = Gᵀ·[dM·Vᵀ]·G.
 *
 * <p>It rounds about five times as much as plain sums, which is acceptable for gradients. It is not
 * used forward: restored pixels would be off by up to 1e-3 of 255 and some inputs of a ReLU would
 * change sign, for a smaller gain. For the same arrays the results are bit-identical on any number
 * of threads.
 */
final class WinogradGradients {
  private static final int POINTS = PointMatrix.POINTS;
  private static final float[] FILTER_MATRIX = PointMatrix.filterMatrix();
  private static final int TOGETHER = 32; // planes worked on at a time, or one image's
  private static final int MOST = 1 << 18; // numbers of an image's features, to fit in cache

  private final Device device;
  private final Array x;
  private final Array dy;
  private final int in;
  private final int out;
  private final WinogradTiles tiles;
  private final int images; // at a time
  private final Array filterMatrix; // G⊗G [64,25]
  private final Array filters; // U [64,O,C]
  private final int shares = Math.min(POINTS, Workers.count());
  private final Array[] inputs; // of each share, V [8,C,T]
  private final Array[] outputs; // of each share, dM [8,O,T]

  /** Whether it supports these kernels, and an image's features fit in cache. */
  static boolean support(Array x, Array w) {
    return Math.max(w.size(0), w.size(1)) * x.size(2) * x.size(3) <= MOST
        && w.size(2) == PointMatrix.TAPS
        && w.size(3) == PointMatrix.TAPS;
  }

  /**
   * Takes the convolution's inputs and the gradient of its output, each contiguous.
   *
   * @param x [N,C,H,W]
   * @param w [O,C,5,5]
   * @param dy [N,O,H,W]
   */
  WinogradGradients(Array x, Array w, Array dy) {
    this.x = x;
    device = x.device();
    this.dy = dy;
    in = (int) w.size(1);
    out = (int) w.size(0);
    tiles = new WinogradTiles(x.size(2), x.size(3));
    images = Math.max(1, Math.min((int) x.size(0), TOGETHER / Math.max(in, out)));
    filterMatrix = array(POINTS * POINTS, FILTER_MATRIX.length / (POINTS * POINTS));
    device.write(FILTER_MATRIX, 0, filterMatrix);
    filters = array(POINTS * POINTS, out, in);
    device.matmul(filterMatrix, byTaps(w).transposed(), 1, 0, byPoints(filters));
    inputs = slabs(in);
    outputs = slabs(out);
  }

  private Array[] slabs(int channels) {
    Array[] slabs = new Array[shares];
    for (int i = 0; i < shares; i++) {
      slabs[i] = array(POINTS, channels, (long) images * tiles.count());
    }
    return slabs;
  }

  /** Overwrites the gradients of x, w and the biases [O], each contiguous. */
  void write(Array dx, Array dw, Array db) {
    Array dfilters = array(filters.shape());
    Blas.singleThreaded(
        () -> {
          for (int first = 0; first < x.size(0); first += images) {
            part(first, Math.min(images, (int) x.size(0) - first), dx, dfilters);
          }
        });
    device.matmul(byPoints(dfilters).transposed(), filterMatrix, 1, 0, byTaps(dw));
    long planes = dy.size(0) * out;
    Array sums = array(planes, 1);
    device.sumRows(dy.reshape(planes, dy.length() / planes), 1, sums);
    device.sumColumns(sums.reshape(dy.size(0), out), 0, db.reshape(1, out));
  }

  /** Computes dx of {@code count} images; their dU is added, or written if they are the first. */
  private void part(int first, int count, Array dx, Array dfilters) {
    Half input = tiles.inputs(new Planes(x, first, count));
    Half output = tiles.outputs(new Planes(dy, first, count));
    int columns = count * tiles.count();
    Workers.run(
        POINTS,
        shares,
        (share, from, end) -> {
          Array v = inputs[share];
          Array dm = outputs[share];
          for (int i = from; i < end; i++) {
            tiles.columnsToPoints(input, i, v);
            tiles.columnsToPoints(output, i, dm);
            for (int j = 0; j < POINTS; j++) {
              products(
                  matrix(filters, i * POINTS + j, out, in),
                  matrix(v, j, in, columns),
                  matrix(dm, j, out, columns),
                  first == 0 ? 0 : 1,
                  matrix(dfilters, i * POINTS + j, out, in),
                  columns);
            }
            tiles.columnsFromPoints(v, i, input);
          }
        });
    tiles.write(input, new Planes(dx, first, count));
  }

  /** du = dm·vᵀ + beta · du, then v = uᵀ·dm. */
  private void products(
      Blas.Matrix u, Blas.Matrix v, Blas.Matrix dm, double beta, Blas.Matrix du, int columns) {
    Blas.multiply(out, in, columns, dm, v.transposed(), 1, beta, du);
    Blas.multiply(in, columns, out, u.transposed(), dm, 1, 0, v);
  }

  private Array array(long... shape) {
    return device.array(shape);
  }

  private static Array byTaps(Array w) {
    return w.reshape(w.size(0) * w.size(1), w.size(2) * w.size(3));
  }

  private static Array byPoints(Array filters) {
    return filters.reshape(POINTS * POINTS, filters.length() / (POINTS * POINTS));
  }

  /** Matrix {@code i} of those that lie one after another in {@code all}. */
  private static Blas.Matrix matrix(Array all, int i, int rows, int columns) {
    return new Blas.Matrix(CpuDevice.floats(all), (long) i * rows * columns, columns);
  }
}
