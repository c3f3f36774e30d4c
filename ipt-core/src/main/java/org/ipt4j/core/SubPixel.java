package org.ipt4j.core;

/**
 * A sub-pixel convolution (Shi et al., 2016) and the convolution after it, both 3×3: y =
 * conv2d(pixelShuffle(conv2d(x, w1, b1), s), w2, b2). All of this is linear. So, except for the
 * outermost pixels, which see the zero padding of the enlarged features, it is one 5×5 convolution
 * to O·s² channels and a pixel shuffle ({@link FoldedKernel}). With few output channels this takes
 * a fraction of the multiplications.
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

  /** x [N,C,H,W] → y [N,O,sH,sW], by the cheaper of the two ways. */
  Variable upsample(Tape tape, Variable x) {
    return !tape.isTracing() && tape.device().foldsSubPixels() && saves(x)
        ? folded(tape, x)
        : plain(tape, x);
  }

  /**
   * Whether folding saves multiplications. Along each edge, a strip two pixels deep is computed
   * unfolded.
   */
  private boolean saves(Variable x) {
    long in = x.size(1);
    long middle = w2.size(1);
    long out = w2.size(0);
    double plain = 9.0 * middle * (in + out);
    double edges = 4.0 / x.size(2) + 4.0 / x.size(3);
    return edges < 1 && 25.0 * out * in + edges * plain < plain;
  }

  Variable plain(Tape tape, Variable x) {
    return ConvOps.conv2d(tape, shuffled(tape, ConvOps.conv2d(tape, x, w1, b1)), w2, b2);
  }

  /** The folded way; H and W are at least 4. */
  Variable folded(Tape tape, Variable x) {
    Variable rows = edges(tape, x, ROWS);
    Variable columns = edges(tape, x, COLUMNS);
    // last, so that it goes back first: its gradient of x can only overwrite
    Variable inner = shuffled(tape, convolved(tape, x));
    Variable y = framed(tape, inner, rows, columns);
    tape.end(inner);
    tape.end(rows);
    tape.end(columns);
    return y;
  }

  private Variable shuffled(Tape tape, Variable x) {
    Variable y = ConvOps.pixelShuffle(tape, x, s);
    tape.end(x);
    return y;
  }

  private Variable convolved(Tape tape, Variable x) {
    FoldedKernel kernel = new FoldedKernel(this);
    Array w = kernel.w();
    Array b = kernel.b();
    Array y = tape.array(x.size(0), w.size(0), x.size(2), x.size(3));
    Device device = tape.device();
    device.convolution(x.value(), w, b, null, Activation.NONE, y);
    return tape.record(
        Operation.of("foldedConv2d").multiplying(ConvOps.multiplications(x, w)),
        y,
        Kept.of(x, w1, b1, w2, b2),
        dy -> {
          Array dw = tape.array(w.shape());
          Array db = tape.array(b.shape());
          device.convolutionBackward(x.value(), w, b, Activation.NONE, y, dy, x.target(), dw, db);
          kernel.receive(dw, db);
        },
        x,
        w1,
        b1,
        w2,
        b2);
  }

  /** The first and last of y's pixels along {@code axis}, computed unfolded. */
  private Variable edges(Tape tape, Variable x, int axis) {
    Variable outer = ends(tape, x, axis, 2);
    Variable features = ends(tape, ConvOps.conv2d(tape, outer, w1, b1), axis, 1);
    Variable enlarged = shuffled(tape, features);
    return ends(tape, ConvOps.conv2d(tape, enlarged, w2, b2), axis, 1);
  }

  /** The first and the last {@code depth} of x along {@code axis}, joined. */
  private static Variable ends(Tape tape, Variable x, int axis, int depth) {
    long[] shape = x.shape();
    shape[axis] = 2L * depth;
    Array y = tape.array(shape);
    Device device = tape.device();
    device.copy(part(x.value(), axis, 0, depth), part(y, axis, 0, depth));
    device.copy(part(x.value(), axis, x.size(axis) - depth, depth), part(y, axis, depth, depth));
    return tape.record(
        Operation.of("ends"),
        y,
        Kept.NOTHING,
        dy ->
            x.receive(
                (dx, beta) -> {
                  if (beta == 0) {
                    device.fill(dx, 0);
                  }
                  Array first = part(dx, axis, 0, depth);
                  device.add(first, part(dy, axis, 0, depth), first);
                  Array last = part(dx, axis, x.size(axis) - depth, depth);
                  device.add(last, part(dy, axis, depth, depth), last);
                }),
        x);
  }

  /**
   * {@code inner} with its first and last rows and columns replaced; the corners are taken from the
   * rows.
   */
  private static Variable framed(Tape tape, Variable inner, Variable rows, Variable columns) {
    Device device = tape.device();
    Array y = tape.array(inner.shape());
    device.copy(inner.value(), y);
    for (int end = 0; end < 2; end++) {
      device.copy(part(columns.value(), COLUMNS, end, 1), end(y, COLUMNS, end));
    }
    for (int end = 0; end < 2; end++) {
      device.copy(part(rows.value(), ROWS, end, 1), end(y, ROWS, end));
    }
    return tape.record(
        Operation.of("frame"),
        y,
        Kept.NOTHING,
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
  private static void takeEnds(Array dy, int axis, Variable ends) {
    ends.receiveOverwriting(
        to -> {
          for (int end = 0; end < 2; end++) {
            dy.device().copy(end(dy, axis, end), part(to, axis, end, 1));
          }
        });
    for (int end = 0; end < 2; end++) {
      dy.device().fill(end(dy, axis, end), 0);
    }
  }

  private static Array end(Array x, int axis, int end) {
    return part(x, axis, end * (x.size(axis) - 1), 1);
  }

  private static Array part(Array x, int axis, long from, long depth) {
    long[] shape = x.shape();
    shape[axis] = depth;
    return x.view(from * x.stride(axis), shape, x.strides());
  }
}
