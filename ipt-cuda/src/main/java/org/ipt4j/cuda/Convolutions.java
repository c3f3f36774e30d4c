package org.ipt4j.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntUnaryOperator;
import org.ipt4j.core.Activation;
import org.ipt4j.core.Array;
import org.ipt4j.core.Variable.Target;
import org.ipt4j.cuda.Gpu.Type;

/** Convolutions of images of floats, by the kernels of {@code convolution.cu}. */
final class Convolutions {
  private static final int THREADS = 256;
  private static final int GRADIENT_ROWS = 64; // that a warp sums
  private static final int GRADIENT_TILE = 8; // rows of an image
  private static final int SHARED = 220 << 10; // bytes of a multiprocessor, taken for any card
  private static final int WARPS = THREADS / 32;
  private static final int ROWS_WARPS = 6; // of a block that takes each row once

  /**
   * The sizes of a convolution and what follows from them.
   *
   * @param channels that are in shared memory at once, at most
   */
  private record Sizes(int n, int c, int h, int w, int o, int k, int channels) {
    /** Of the gradient of the input, which is a convolution of the output's. */
    Sizes back() {
      return new Sizes(n, o, h, w, c, k, channels);
    }

    int chunks() {
      return ceil(c, channels);
    }

    int chunk() {
      return ceil(c, chunks());
    }

    /** Whether there are kernels that take each row of an image once for all rows of weights. */
    boolean byRows() {
      return k == 3 || k == 5;
    }

    /** Steps of 16 through a chunk's channels and taps, or by rows of 8 through a row's. */
    int steps() {
      return byRows() ? ceil(chunk() * k, 8) : ceil(chunk() * k * k, 16);
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

  /** Channels that are in shared memory at once, at most, by what a block can have of it. */
  private static int channels(int sharedBytes) {
    return sharedBytes < 96 << 10 ? 8 : 16;
  }

  /** What the kernels are compiled with for a card with so much shared memory for a block. */
  static String definition(int sharedBytes) {
    return "-DCONVOLUTION_CHANNELS=" + channels(sharedBytes);
  }

  private Sizes sizes(CudaArray x, CudaArray weights) {
    return new Sizes(
        (int) x.size(0),
        (int) x.size(1),
        (int) x.size(2),
        (int) x.size(3),
        (int) weights.size(0),
        (int) weights.size(2),
        channels(gpu.sharedBytes()));
  }

  /** y = r + x ⋆ w + b, or that rectified. */
  void forward(Array x, Array w, Array b, Array r, Activation activation, Array y) {
    CudaArray from = floats(x);
    CudaArray weights = floats(w);
    CudaArray to = CudaArray.of(y);
    CudaArray result = to.type() == Type.FLOAT ? to : device.array(Type.FLOAT, to.shape());
    Sizes sizes = sizes(from, weights);
    run(
        sizes,
        from,
        null,
        packed(weights, sizes, false),
        b == null ? null : floats(b),
        r == null ? null : floats(r),
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
    Sizes sizes = sizes(from, weights);
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
        null,
        adds ? result : null,
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
    int step = sizes.byRows() ? 64 * sizes.k : 128;
    long length = (long) step * sizes.chunks() * sizes.steps() * sizes.outTiles();
    CudaArray packed = device.array(Type.FLOAT, length);
    gpu.launch(
        sizes.byRows() ? "convolutionRowsPack" : "convolutionPack",
        new int[] {(int) ((length + THREADS - 1) / THREADS)},
        THREADS,
        0,
        weights,
        packed,
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
      CudaArray bias,
      CudaArray residual,
      CudaArray y,
      boolean rectifies) {
    if (s.byRows()) {
      runByRows(s, x, gate, packed, bias, residual, y, rectifies);
      return;
    }
    int outs = fitting(s, outs(s), some -> shared(s, some));
    gpu.launch(
        "convolution" + outs + form,
        new int[] {blocks(s, tileRows(s, outs), outs)},
        THREADS,
        shared(s, outs),
        x,
        gate,
        packed,
        bias,
        residual,
        y,
        s.c,
        s.h,
        s.w,
        s.o,
        s.k,
        rectifies ? 1 : 0);
  }

  private static int tileRows(Sizes s, int outs) {
    return 8 * (outs <= 2 ? 6 : 3) / s.segments();
  }

  private static int shared(Sizes s, int outs) {
    int buffers = outs >= 4 && s.chunks() > 1 ? 2 : 1;
    return 64 * s.steps() + Float.BYTES * s.chunk() * plane(s, tileRows(s, outs)) * buffers;
  }

  /** So many outs, or fewer if the shared memory that they need is more than there is. */
  private int fitting(Sizes s, int wanted, IntUnaryOperator shared) {
    int outs = wanted;
    while (outs > 1 && shared.applyAsInt(outs) > gpu.sharedBytes()) {
      outs /= 2;
    }
    if (shared.applyAsInt(outs) > gpu.sharedBytes()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a convolution of %d×%d needs %,d bytes of shared memory; %s has %,d",
              s.k,
              s.k,
              shared.applyAsInt(outs),
              gpu.name(),
              gpu.sharedBytes()));
    }
    return outs;
  }

  private void runByRows(
      Sizes s,
      CudaArray x,
      CudaArray gate,
      CudaArray packed,
      CudaArray bias,
      CudaArray residual,
      CudaArray y,
      boolean rectifies) {
    int outs = outs(s);
    int tileRows = ROWS_WARPS / s.segments() * rows(outs);
    gpu.launch(
        "convolutionRows" + outs + "_" + s.k + form,
        new int[] {blocks(s, tileRows, outs)},
        32 * ROWS_WARPS,
        32 * s.steps() + Float.BYTES * s.chunk() * plane(s, tileRows),
        x,
        gate,
        packed,
        bias,
        residual,
        y,
        s.c,
        s.h,
        s.w,
        s.o,
        rectifies ? 1 : 0);
  }

  /** Rows of an image that a warp computes. */
  private int rows(int outs) {
    return outs == 4 || outs == 2 && isFloat32() ? 6 : 8;
  }

  private static int blocks(Sizes s, int tileRows, int outs) {
    return s.n * ceil(s.h, tileRows) * s.across() * ceil(s.outTiles(), outs);
  }

  /** Numbers from one channel of a tile to the next. */
  private static int plane(Sizes s, int tileRows) {
    return ((tileRows + s.k - 1) * s.columns() + 7) / 16 * 16 + 8;
  }

  private void weightGradients(
      Sizes s, CudaArray x, CudaArray dy, CudaArray gate, CudaArray dw, CudaArray db) {
    GradientLaunch launch = s.byRows() ? gradientByRows(s) : gradient(s);
    long count = (long) s.chunks() * s.gradientRows() * s.o;
    int slots = launch.blocks * launch.shares;
    CudaArray partial = device.array(Type.FLOAT, slots, count);
    List<Object> arguments =
        new ArrayList<>(Arrays.asList(x, dy, gate, partial, s.n, s.c, s.h, s.w, s.o));
    if (!s.byRows()) {
      arguments.add(s.k);
    }
    gpu.launch(
        launch.kernel,
        new int[] {launch.blocks, launch.wide},
        launch.threads,
        launch.shared,
        arguments.toArray());
    gpu.launch(
        "convolutionGradientSum",
        new int[] {(int) ((count + 31) / 32)},
        256,
        0,
        partial,
        dw,
        db,
        slots,
        s.c,
        s.o,
        s.k);
  }

  /**
   * How a gradient of weights is launched.
   *
   * @param wide blocks for the channels, rows and outputs of a tile of the images
   * @param shares of a block's tile, each with its own sums
   */
  private record GradientLaunch(
      String kernel, int blocks, int wide, int threads, int shares, int shared) {}

  private GradientLaunch gradient(Sizes s) {
    int outs = fitting(s, Math.min(s.outTiles(), 2), some -> gradientShared(s, some, 1));
    int rowWarps = Math.min(ceil(s.gradientRows(), GRADIENT_ROWS), WARPS);
    int wide =
        ceil(s.gradientRows(), GRADIENT_ROWS * rowWarps) * s.chunks() * ceil(s.outTiles(), outs);
    return gradient(
        s, "convolutionGradient" + outs + form, outs, rowWarps, WARPS / rowWarps, wide, 1);
  }

  private GradientLaunch gradientByRows(Sizes s) {
    int outs = outs(s);
    int rowWarps = ceil(s.chunk() * s.k, 16);
    int shares = Math.min(2 * s.segments(), ROWS_WARPS / rowWarps);
    String kernel = "convolutionRowsGradient" + outs + "_" + s.k + form;
    return gradient(s, kernel, outs, rowWarps, shares, s.chunks() * ceil(s.outTiles(), outs), 0);
  }

  private static GradientLaunch gradient(
      Sizes s, String kernel, int outs, int rowWarps, int shares, int wide, int morePlanes) {
    int threads = 32 * rowWarps * shares;
    int shared = gradientShared(s, outs, morePlanes);
    int places = s.n * s.across() * ceil(s.h, GRADIENT_TILE);
    int atOnce = CudaDevice.MULTIPROCESSORS * Math.max(1, Math.min(512 / threads, SHARED / shared));
    int blocks = Math.max(1, Math.min(places, atOnce / wide));
    return new GradientLaunch(kernel, blocks, wide, threads, shares, shared);
  }

  private static int gradientShared(Sizes s, int outs, int morePlanes) {
    int plane = ((GRADIENT_TILE + s.k - 1) * s.columns() + 3) / 8 * 8 + 4;
    int outPlane = GRADIENT_TILE * 16 * s.segments() + 4;
    return Float.BYTES * ((s.chunk() + morePlanes) * plane + 8 * outs * outPlane);
  }

  /** How many times 8 outputs a block computes; there is a kernel for each such number. */
  private int outs(Sizes s) {
    int tiles = s.outTiles();
    if (tiles <= 2 || s.byRows() && isFloat32()) {
      return Math.min(tiles, 2);
    }
    return ceil(tiles, 4) * 4 <= ceil(tiles, 2) * 2 ? 4 : 2;
  }

  private boolean isFloat32() {
    return device.arithmetic() == Arithmetic.FLOAT32;
  }

  private static int ceil(int a, int b) {
    return (a + b - 1) / b;
  }
}
