package org.ipt4j.core;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A sub-pixel convolution (Shi et al., 2016) and the convolution after it, both 3×3: y =
 * conv2d(pixelShuffle(conv2d(x, w1, b1), s), w2, b2). Nothing lies between that is not linear, so
 * that all of it but the outermost pixels, which see the zeros around the enlarged features, is one
 * 5×5 convolution to O·s² channels and a shuffle of those ({@link FoldedKernel}): with few output
 * channels, a fraction of the multiplications.
 *
 * @param w1 [M·s²,C,3,3]
 * @param b1 [M·s²]
 * @param s at least 2
 * @param w2 [O,M,3,3]
 * @param b2 [O]
 */
record SubPixel(Variable w1, Variable b1, int s, Variable w2, Variable b2) {
  private static final int ROWS = 2;
  private static final int COLUMNS = 3;

  /** x [N,C,H,W] → y [N,O,sH,sW], the shortest way. */
  Variable upsample(Tape tape, Variable x) {
    return pays(x) ? folded(tape, x) : plain(tape, x);
  }

  /** Whether folding saves multiplications; of an edge, two pixels' depth is computed plainly. */
  private boolean pays(Variable x) {
    long in = x.size(1);
    long middle = w2.size(1);
    long out = w2.size(0);
    double plain = 9.0 * middle * (in + out);
    double edges = 4.0 / x.size(2) + 4.0 / x.size(3);
    return edges < 1 && 25.0 * out * in + edges * plain < plain;
  }

  Variable plain(Tape tape, Variable x) {
    Variable middle = Convolution.pixelShuffle(tape, Convolution.conv2d(tape, x, w1, b1), s);
    return Convolution.conv2d(tape, middle, w2, b2);
  }

  /** H and W are at least 4. */
  Variable folded(Tape tape, Variable x) {
    Variable rows = edges(tape, x, ROWS);
    Variable columns = edges(tape, x, COLUMNS);
    // last, so that it goes back first: its gradient of x can only overwrite
    Variable inner = Convolution.pixelShuffle(tape, convolved(tape, x), s);
    return framed(tape, inner, rows, columns);
  }

  private Variable convolved(Tape tape, Variable x) {
    FoldedKernel kernel = new FoldedKernel(this);
    INDArray w = kernel.w();
    INDArray b = kernel.b();
    INDArray y = tape.array(x.size(0), w.size(0), x.size(2), x.size(3));
    Kernels.convolution(x.value(), w, b, y);
    return tape.record(
        y,
        dy -> {
          INDArray dw = tape.array(w.shape());
          INDArray db = tape.array(b.shape());
          Convolution.backward(x, w, b, dy, dw, db);
          kernel.receive(dw, db);
        },
        x,
        w1,
        b1,
        w2,
        b2);
  }

  /** The first and last of y's pixels along {@code axis}, the plain way. */
  private Variable edges(Tape tape, Variable x, int axis) {
    Variable outer = ends(tape, x, axis, 2);
    Variable features = ends(tape, Convolution.conv2d(tape, outer, w1, b1), axis, 1);
    Variable enlarged = Convolution.pixelShuffle(tape, features, s);
    return ends(tape, Convolution.conv2d(tape, enlarged, w2, b2), axis, 1);
  }

  /** The first and the last {@code depth} of x along {@code axis}, beside each other. */
  private static Variable ends(Tape tape, Variable x, int axis, int depth) {
    long[] shape = x.shape();
    shape[axis] = 2L * depth;
    INDArray y = tape.array(shape);
    part(y, axis, 0, depth).assign(part(x.value(), axis, 0, depth));
    part(y, axis, depth, depth).assign(part(x.value(), axis, x.size(axis) - depth, depth));
    return tape.record(
        y,
        dy ->
            x.receive(
                (dx, beta) -> {
                  if (beta == 0) {
                    dx.assign(0);
                  }
                  part(dx, axis, 0, depth).addi(part(dy, axis, 0, depth));
                  part(dx, axis, x.size(axis) - depth, depth).addi(part(dy, axis, depth, depth));
                }),
        x);
  }

  /** {@code inner} with other first and last rows and columns; the corners are the rows'. */
  private static Variable framed(Tape tape, Variable inner, Variable rows, Variable columns) {
    INDArray y = tape.array(inner.shape()).assign(inner.value());
    for (int end = 0; end < 2; end++) {
      end(y, COLUMNS, end).assign(part(columns.value(), COLUMNS, end, 1));
    }
    for (int end = 0; end < 2; end++) {
      end(y, ROWS, end).assign(part(rows.value(), ROWS, end, 1));
    }
    return tape.record(
        y,
        dy -> {
          takeEnds(dy, ROWS, rows);
          takeEnds(dy, COLUMNS, columns);
          inner.receive(dy);
        },
        inner,
        rows,
        columns);
  }

  /** Moves the gradients of the first and last along {@code axis} to {@code ends}. */
  private static void takeEnds(INDArray dy, int axis, Variable ends) {
    ends.receiveOverwriting(
        to -> {
          for (int end = 0; end < 2; end++) {
            part(to, axis, end, 1).assign(end(dy, axis, end));
          }
        });
    for (int end = 0; end < 2; end++) {
      end(dy, axis, end).assign(0);
    }
  }

  private static INDArray end(INDArray x, int axis, int end) {
    return part(x, axis, end * (x.size(axis) - 1), 1);
  }

  private static INDArray part(INDArray x, int axis, long from, long depth) {
    long[] shape = x.shape().clone();
    shape[axis] = depth;
    return Kernels.view(x, from * x.stride(axis), shape, x.stride());
  }
}
