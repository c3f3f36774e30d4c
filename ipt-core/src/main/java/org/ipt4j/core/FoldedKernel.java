package org.ipt4j.core;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The one 5×5 kernel that does, before a pixel shuffle by s, what two 3×3 convolutions do of which
 * the first comes before the shuffle and the second after it.
 *
 * <p>A tap (a,b) of the second reads, for the pixel (i,j) of a block of s×s, the pixel (i',j') of a
 * block at the distance u, r: i + a − 1 = u·s + i', j + b − 1 = r·s + j'. So w [o,i,j] is the sum
 * over taps and middle channels m of w2 [o,m,a,b] · w1 [m,i',j'], moved by (u,r). The first bias
 * goes the way of the weights, as the middle of one more input channel, whose pixels are all 1.
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
  private final DataType type;
  private final INDArray first; // w1 and b1 [M, s²·(C+1)·9]
  private final INDArray second; // w2 [O·9, M]
  private final INDArray moves; // [s²·9·9, s²·25], 1 where a product of two taps goes to, else 0
  private final INDArray w; // [O·s²,C,5,5]
  private final INDArray b; // [O·s²]

  /** Folds the kernels; the arrays are of the open {@link Arena}. */
  FoldedKernel(SubPixel of) {
    this.of = of;
    middle = of.w2().size(1);
    in = of.w1().size(1);
    out = of.w2().size(0);
    block = (long) of.s() * of.s();
    type = of.w1().value().dataType();
    moves = moves(of.s());
    first = array(middle, block * (in + 1) * TAPS);
    weights(first).assign(of.w1().value());
    long[] stepsOfRows = {(in + 1) * TAPS, 1};
    Kernels.view(first, in * TAPS, new long[] {middle * block, TAPS}, stepsOfRows).assign(0);
    biases(first).assign(of.b1().value());
    second = array(out * TAPS, middle);
    Kernels.permute(of.w2().value().reshape('c', 1, out, middle, TAPS), second, 0, 1, 3, 2);

    INDArray products = array(out * TAPS, block * (in + 1) * TAPS);
    Kernels.matmul(second, false, first, false, 1, 0, products);
    INDArray byPlace = array((in + 1) * out, block * TAPS * TAPS);
    Kernels.permute(
        products.reshape('c', new long[] {1, out, TAPS, block, in + 1, TAPS}),
        byPlace,
        0,
        4,
        1,
        3,
        2,
        5);
    INDArray folded = array((in + 1) * out, block * FOLDED_TAPS); // [C+1,O,s²,25]
    Kernels.matmul(byPlace, false, moves, false, 1, 0, folded);
    w = array(out * block, in, FOLDED_SIDE, FOLDED_SIDE);
    Kernels.permute(weightsOfFolded(folded), w, 0, 2, 1, 3);
    b = array(out * block);
    Kernels.sumRows(biasesOfFolded(folded), 1, b.reshape('c', out * block, 1));
    INDArray blocks = b.reshape('c', out, block);
    Kernels.add(blocks, of.b2().value().reshape('c', out, 1), blocks);
  }

  /** [O·s²,C,5,5], for a convolution before the shuffle. */
  INDArray w() {
    return w;
  }

  /** [O·s²]. */
  INDArray b() {
    return b;
  }

  /** Takes the gradients of {@link #w} and {@link #b} on to what was folded. */
  void receive(INDArray dw, INDArray db) {
    INDArray dfolded = array((in + 1) * out, block * FOLDED_TAPS);
    Kernels.permute(
        dw.reshape('c', 1, out * block, in, FOLDED_TAPS), weightsOfFolded(dfolded), 0, 2, 1, 3);
    INDArray dbiases = biasesOfFolded(dfolded).assign(0);
    Kernels.add(dbiases, db.reshape('c', out * block, 1), dbiases);
    INDArray dbyPlace = array((in + 1) * out, block * TAPS * TAPS);
    Kernels.matmul(dfolded, false, moves, true, 1, 0, dbyPlace);
    INDArray dproducts = array(out * TAPS, block * (in + 1) * TAPS);
    Kernels.permute(
        dbyPlace.reshape('c', new long[] {1, in + 1, out, block, TAPS, TAPS}),
        dproducts,
        0,
        2,
        4,
        3,
        1,
        5);

    INDArray dfirst = array(first.shape());
    Kernels.matmul(second, true, dproducts, false, 1, 0, dfirst);
    of.w1().receive(weights(dfirst));
    of.b1().receive(biases(dfirst));
    INDArray dsecond = array(second.shape());
    Kernels.matmul(dproducts, false, first, true, 1, 0, dsecond);
    of.w2()
        .receiveOverwriting(
            dw2 -> Kernels.permute(dsecond.reshape('c', 1, out, TAPS, middle), dw2, 0, 1, 3, 2));
    of.b2()
        .receiveOverwriting(
            db2 -> Kernels.sumRows(db.reshape('c', out, block), 1, db2.reshape('c', out, 1)));
  }

  private INDArray array(long... shape) {
    return Kernels.uninitialized(type, shape);
  }

  /** Where the weights lie in {@link #first} or its gradient, in the shape of w1. */
  private INDArray weights(INDArray x) {
    return Kernels.view(x, 0, of.w1().shape(), new long[] {(in + 1) * TAPS, TAPS, SIDE, 1});
  }

  /** Where the biases lie in {@link #first} or its gradient, in the shape of b1. */
  private INDArray biases(INDArray x) {
    return Kernels.view(x, in * TAPS + TAPS / 2, of.b1().shape(), new long[] {(in + 1) * TAPS});
  }

  private INDArray weightsOfFolded(INDArray folded) {
    return Kernels.view(
        folded,
        0,
        new long[] {1, in, out * block, FOLDED_TAPS},
        new long[] {folded.length(), out * block * FOLDED_TAPS, FOLDED_TAPS, 1});
  }

  private INDArray biasesOfFolded(INDArray folded) {
    return Kernels.view(
        folded,
        in * out * block * FOLDED_TAPS,
        new long[] {out * block, FOLDED_TAPS},
        new long[] {FOLDED_TAPS, 1});
  }

  private INDArray moves(int s) {
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
    INDArray moves = array((long) s * s * TAPS * TAPS, columns);
    Kernels.write(numbers, 0, moves);
    return moves;
  }
}
