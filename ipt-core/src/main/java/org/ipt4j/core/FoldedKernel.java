package org.ipt4j.core;

/**
 * One 5×5 kernel, applied before a pixel shuffle by s, that equals two 3×3 convolutions: the first
 * before the shuffle, the second after it.
 *
 * <p>For the pixel (i,j) of an s×s block, a tap (a,b) of the second kernel reads the pixel (i',j')
 * of the block at the distance u, r: i + a − 1 = u·s + i', j + b − 1 = r·s + j'. So w [o,i,j] is
 * the sum over taps and middle channels m of w2 [o,m,a,b] · w1 [m,i',j'], moved by (u,r). The first
 * bias is treated like the weights: as the middle tap of one more input channel whose pixels are
 * all 1.
 */
final class FoldedKernel {
  private static final int SIDE = 3; // of both kernels
  private static final int TAPS = SIDE * SIDE;
  private static final int FOLDED_SIDE = 5;
  private static final int FOLDED_TAPS = FOLDED_SIDE * FOLDED_SIDE;

  private final SubPixel of;
  private final long middle; // M
  private final long in; // C, to which one channel is added
  private final long out; // O
  private final long block; // s²
  private final Device device;
  private final Array first; // w1 and b1 [M, s²·(C+1)·9]
  private final Array second; // w2 [O·9, M]
  private final Array moves; // [s²·9·9, s²·25], 1 where a product of two taps goes to, else 0
  private final Array w; // [O·s²,C,5,5]
  private final Array b; // [O·s²]

  /** Folds the kernels; the arrays belong to the open {@link Arena}. */
  FoldedKernel(SubPixel of) {
    this.of = of;
    middle = of.w2().size(1);
    in = of.w1().size(1);
    out = of.w2().size(0);
    block = (long) of.s() * of.s();
    device = of.w1().value().device();
    moves = moves(of.s());
    first = array(middle, block * (in + 1) * TAPS);
    device.copy(of.w1().value(), weights(first));
    long[] stepsOfRows = {(in + 1) * TAPS, 1};
    device.fill(first.view(in * TAPS, new long[] {middle * block, TAPS}, stepsOfRows), 0);
    device.copy(of.b1().value(), biases(first));
    second = array(out * TAPS, middle);
    device.permute(of.w2().value().reshape(1, out, middle, TAPS), second, 0, 1, 3, 2);

    Array products = array(out * TAPS, block * (in + 1) * TAPS);
    device.matmul(second, first, 1, 0, products);
    Array byPlace = array((in + 1) * out, block * TAPS * TAPS);
    device.permute(products.reshape(1, out, TAPS, block, in + 1, TAPS), byPlace, 0, 4, 1, 3, 2, 5);
    Array folded = array((in + 1) * out, block * FOLDED_TAPS); // [C+1,O,s²,25]
    device.matmul(byPlace, moves, 1, 0, folded);
    w = array(out * block, in, FOLDED_SIDE, FOLDED_SIDE);
    device.permute(weightsOfFolded(folded), w, 0, 2, 1, 3);
    b = array(out * block);
    device.sumRows(biasesOfFolded(folded), 1, b.reshape(out * block, 1));
    Array blocks = b.reshape(out, block);
    device.add(blocks, of.b2().value().reshape(out, 1), blocks);
  }

  /** [O·s²,C,5,5], for a convolution before the shuffle. */
  Array w() {
    return w;
  }

  /** [O·s²]. */
  Array b() {
    return b;
  }

  /** Passes the gradients of {@link #w} and {@link #b} on to the kernels that were folded. */
  void receive(Array dw, Array db) {
    Array dfolded = array((in + 1) * out, block * FOLDED_TAPS);
    device.permute(
        dw.reshape(1, out * block, in, FOLDED_TAPS), weightsOfFolded(dfolded), 0, 2, 1, 3);
    Array dbiases = biasesOfFolded(dfolded);
    device.fill(dbiases, 0);
    device.add(dbiases, db.reshape(out * block, 1), dbiases);
    Array dbyPlace = array((in + 1) * out, block * TAPS * TAPS);
    device.matmul(dfolded, moves.transposed(), 1, 0, dbyPlace);
    Array dproducts = array(out * TAPS, block * (in + 1) * TAPS);
    device.permute(
        dbyPlace.reshape(1, in + 1, out, block, TAPS, TAPS), dproducts, 0, 2, 4, 3, 1, 5);

    Array dfirst = array(first.shape());
    device.matmul(second.transposed(), dproducts, 1, 0, dfirst);
    of.w1().receive(weights(dfirst));
    of.b1().receive(biases(dfirst));
    Array dsecond = array(second.shape());
    device.matmul(dproducts, first.transposed(), 1, 0, dsecond);
    of.w2()
        .receiveOverwriting(
            dw2 -> device.permute(dsecond.reshape(1, out, TAPS, middle), dw2, 0, 1, 3, 2));
    of.b2()
        .receiveOverwriting(db2 -> device.sumRows(db.reshape(out, block), 1, db2.reshape(out, 1)));
  }

  private Array array(long... shape) {
    return device.array(shape);
  }

  /** The place of the weights in {@link #first} or its gradient, in the shape of w1. */
  private Array weights(Array x) {
    return x.view(0, of.w1().shape(), new long[] {(in + 1) * TAPS, TAPS, SIDE, 1});
  }

  /** The place of the biases in {@link #first} or its gradient, in the shape of b1. */
  private Array biases(Array x) {
    return x.view(in * TAPS + TAPS / 2, of.b1().shape(), new long[] {(in + 1) * TAPS});
  }

  private Array weightsOfFolded(Array folded) {
    return folded.view(
        0,
        new long[] {1, in, out * block, FOLDED_TAPS},
        new long[] {folded.length(), out * block * FOLDED_TAPS, FOLDED_TAPS, 1});
  }

  private Array biasesOfFolded(Array folded) {
    return folded.view(
        in * out * block * FOLDED_TAPS,
        new long[] {out * block, FOLDED_TAPS},
        new long[] {FOLDED_TAPS, 1});
  }

  private Array moves(int s) {
    int columns = s * s * FOLDED_TAPS;
    float[] numbers = new float[s * s * TAPS * TAPS * columns];
    int row = 0;
    for (int place = 0; place < s * s; place++) { // (i',j')
      for (int tap = 0; tap < TAPS; tap++) { // (a,b)
        int i = Math.floorMod(place / s - (tap / SIDE - 1), s);
        int j = Math.floorMod(place % s - (tap % SIDE - 1), s);
        int u = (i + tap / SIDE - 1 - place / s) / s;
        int r = (j + tap % SIDE - 1 - place % s) / s;
        for (int other = 0; other < TAPS; other++) { // of w1
          int target = (other / SIDE + u + 1) * FOLDED_SIDE + other % SIDE + r + 1;
          numbers[row++ * columns + (i * s + j) * FOLDED_TAPS + target] = 1;
        }
      }
    }
    return device.array(numbers, 0, (long) s * s * TAPS * TAPS, columns);
  }
}
