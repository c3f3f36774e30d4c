package org.ipt4j.cuda;

import org.ipt4j.core.Activation;
import org.ipt4j.core.Array;
import org.ipt4j.core.Variable.Target;
import org.ipt4j.cuda.Gpu.Type;

/** Convolutions of images of floats, by the kernels of {@code convolution.cu}. */
final class Convolutions {
  private static final int CHUNK = 16; // channels that are in shared memory at once, at most
  private static final int THREADS = 256;
  private static final int GRADIENT_ROWS = 64; // that a warp sums
  private static final int GRADIENT_TILE = 8; // rows of an image
  private static final int MULTIPROCESSORS = 132; // taken for any card, for sums depend on it
  private static final int SHARED = 220 << 10; // bytes of a multiprocessor, taken for any card
  private static final int FEW_TERMS = 128; // of a sum, for which eight outputs do not pay

  /** The sizes of a convolution and what follows from them. */
  private record Sizes(int n, int c, int h, int w, int o, int k) {
    static Sizes of(CudaArray x, CudaArray weights) {
      return new Sizes(
          (int) x.size(0),
          (int) x.size(1),
          (int) x.size(2),
          (int) x.size(3),
          (int) weights.size(0),
          (int) weights.size(2));
    }

    /** Of the gradient of the input, which is a convolution of the output's. */
    Sizes back() {
      return new Sizes(n, o, h, w, c, k);
    }

    int chunks() {
      return ceil(c, CHUNK);
    }

    int chunk() {
      return ceil(c, chunks());
    }

    /** Steps of 16 through a chunk's channels and taps. */
    int steps() {
      return ceil(chunk() * k * k, 16);
    }

    int outTiles() {
      return ceil(o, 8);
    }

    /** Segments of 16 pixels in a row of a tile. */
    int segments() {
      return w <= 16 ? 1 : w <= 32 ? 2 : 3;
    }

    /** Columns of a tile, with a halo of whole groups of four. */
    int columns() {
      return segments() * 16 + 2 * ((k / 2 + 3) / 4 * 4);
    }

    int across() {
      return ceil(w, segments() * 16);
    }

    /** Rows of a gradient of weights: channels and taps of a chunk, and one for the bias. */
    int gradientRows() {
      return chunk() * k * k + 1;
    }
  }

  private final CudaDevice device;
  private final Gpu gpu;
  private final String form;

  Convolutions(CudaDevice device, Gpu gpu) {
    this.device = device;
    this.gpu = gpu;
    this.form = device.arithmetic() == Arithmetic.FLOAT32 ? "_float32" : "_tf32";
  }

  /** y = r + x ⋆ w + b, or that rectified. */
  void forward(Array x, Array w, Array b, Array r, Activation activation, Array y) {
    CudaArray from = floats(x);
    CudaArray weights = floats(w);
    CudaArray to = CudaArray.of(y);
    CudaArray result = to.type() == Type.FLOAT ? to : device.array(Type.FLOAT, to.shape());
    run(
        Sizes.of(from, weights),
        from,
        null,
        packed(weights, Sizes.of(from, weights), false),
        b == null ? 0 : floats(b).address(),
        r == null ? 0 : floats(r).address(),
        result,
        activation == Activation.RELU);
    if (result != to) {
      device.copy(result, to);
    }
  }

  /** The gradients; where y, if there is an activation, is not positive, dy counts as 0. */
  void backward(
      Array x, Array w, Activation activation, Array y, Array dy, Target dx, Array dw, Array db) {
    CudaArray from = floats(x);
    CudaArray weights = floats(w);
    CudaArray slopes = floats(dy);
    CudaArray gate = activation == Activation.RELU ? floats(y) : null;
    Sizes sizes = Sizes.of(from, weights);
    if (dx != null) {
      inputGradient(sizes, weights, slopes, gate, dx);
    }
    weightGradients(sizes, from, slopes, gate, CudaArray.of(dw), CudaArray.of(db));
  }

  private void inputGradient(
      Sizes sizes, CudaArray weights, CudaArray slopes, CudaArray gate, Target dx) {
    CudaArray to = CudaArray.of(dx.array());
    boolean direct = to.type() == Type.FLOAT && to.isRowByRow();
    CudaArray result = direct ? to : device.array(Type.FLOAT, to.shape());
    boolean adds = direct && dx.beta() != 0;
    run(
        sizes.back(),
        slopes,
        gate,
        packed(weights, sizes.back(), true),
        0,
        adds ? result.address() : 0,
        result,
        false);
    if (!direct) {
      device.give(result, dx);
    }
  }

  private CudaArray floats(Array x) {
    CudaArray own = CudaArray.of(x);
    return own.type() == Type.FLOAT && own.isRowByRow() ? own : device.copied(Type.FLOAT, own);
  }

  /** The weights in the order in which the kernels take them. */
  private CudaArray packed(CudaArray weights, Sizes sizes, boolean transposed) {
    long length = 128L * sizes.chunks() * sizes.steps() * sizes.outTiles();
    CudaArray packed = device.array(Type.FLOAT, length);
    gpu.launch(
        "convolutionPack",
        new int[] {(int) ((length + THREADS - 1) / THREADS)},
        THREADS,
        0,
        weights.address(),
        packed.address(),
        sizes.o,
        sizes.c,
        sizes.k,
        transposed ? 1 : 0);
    return packed;
  }

  private void run(
      Sizes s,
      CudaArray x,
      CudaArray gate,
      CudaArray packed,
      long bias,
      long residual,
      CudaArray y,
      boolean rectifies) {
    int outs = outs(s);
    int tileRows = 8 * (outs <= 2 ? 6 : 3) / s.segments();
    int plane = ((tileRows + s.k - 1) * s.columns() + 7) / 16 * 16 + 8;
    int buffers = outs >= 4 && s.chunks() > 1 ? 2 : 1;
    int blocks = s.n * ceil(s.h, tileRows) * s.across() * ceil(s.outTiles(), outs);
    gpu.launch(
        "convolution" + outs + form,
        new int[] {blocks},
        THREADS,
        64 * s.steps() + Float.BYTES * s.chunk() * plane * buffers,
        x.address(),
        gate == null ? 0L : gate.address(),
        packed.address(),
        bias,
        residual,
        y.address(),
        s.c,
        s.h,
        s.w,
        s.o,
        s.k,
        rectifies ? 1 : 0);
  }

  private void weightGradients(
      Sizes s, CudaArray x, CudaArray dy, CudaArray gate, CudaArray dw, CudaArray db) {
    int most = isFloat32() ? 2 : 4;
    int outs = Math.min(s.outTiles(), s.outTiles() > 2 ? most : 2);
    int rowWarps = Math.min(ceil(s.gradientRows(), GRADIENT_ROWS), 8);
    int shares = Math.max(1, 8 / rowWarps);
    int threads = 32 * rowWarps * shares;
    int plane = ((GRADIENT_TILE + s.k - 1) * s.columns() + 3) / 8 * 8 + 4;
    int outPlane = GRADIENT_TILE * 16 * s.segments() + 4;
    int shared = Float.BYTES * ((s.chunk() + 1) * plane + 8 * outs * outPlane);
    int wide =
        ceil(s.gradientRows(), GRADIENT_ROWS * rowWarps) * s.chunks() * ceil(s.outTiles(), outs);
    int places = s.n * s.across() * ceil(s.h, GRADIENT_TILE);
    int atOnce = MULTIPROCESSORS * Math.max(1, Math.min(512 / threads, SHARED / shared));
    int blocks = Math.max(1, Math.min(places, atOnce / wide));
    int slots = blocks * shares;
    long count = (long) s.chunks() * s.gradientRows() * s.o;
    CudaArray partial = device.array(Type.FLOAT, slots, count);
    gpu.launch(
        "convolutionGradient" + outs + form,
        new int[] {blocks, wide},
        threads,
        shared,
        x.address(),
        dy.address(),
        gate == null ? 0L : gate.address(),
        partial.address(),
        s.n,
        s.c,
        s.h,
        s.w,
        s.o,
        s.k);
    gpu.launch(
        "convolutionGradientSum",
        new int[] {(int) ((count + 31) / 32)},
        256,
        0,
        partial.address(),
        dw.address(),
        db.address(),
        slots,
        s.c,
        s.o,
        s.k);
  }

  /** How many times 8 outputs a block computes; there is a kernel for each such number. */
  private int outs(Sizes s) {
    int tiles = s.outTiles();
    if (tiles == 1 || tiles == 2 && !isFloat32()) {
      return tiles;
    }
    if (isFloat32()) {
      return ceil(tiles, 4) * 4 <= ceil(tiles, 2) * 2 ? 4 : 2;
    }
    int best = 0;
    for (int outs : s.c * s.k * s.k < FEW_TERMS ? new int[] {6, 4} : new int[] {8, 6, 4}) {
      if (best == 0 || ceil(tiles, outs) * outs < ceil(tiles, best) * best) {
        best = outs;
      }
    }
    return best;
  }

  private boolean isFloat32() {
    return device.arithmetic() == Arithmetic.FLOAT32;
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }
}
