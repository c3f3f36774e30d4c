package org.ipt4j.core;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Operations on images of features, [N,C,H,W]. */
public final class Convolution {
  private Convolution() {}

  /**
   * Cross-correlation with stride 1 and zeros around, output as large as the input (as PyTorch's
   * {@code Conv2d} with padding k/2).
   *
   * @param x [N,C,H,W]
   * @param w [O,C,k,k], k odd
   * @param b [O]
   * @return [N,O,H,W]
   */
  public static Variable conv2d(Tape tape, Variable x, Variable w, Variable b) {
    return conv2d(tape, x, w, b, null, false);
  }

  /** y = r + {@link #conv2d}: beside a residual r [N,O,H,W], in one array. */
  public static Variable conv2dOnto(Tape tape, Variable r, Variable x, Variable w, Variable b) {
    Shapes.check("residual", r, x.size(0), w.size(0), x.size(2), x.size(3));
    return conv2d(tape, x, w, b, r, false);
  }

  /** y = max({@link #conv2d}, 0), in one array. */
  public static Variable conv2dRelu(Tape tape, Variable x, Variable w, Variable b) {
    return conv2d(tape, x, w, b, null, true);
  }

  private static Variable conv2d(
      Tape tape, Variable x, Variable w, Variable b, Variable r, boolean rectified) {
    Shapes.check("conv2d", x, -1, w.size(1), x.size(2), x.size(3));
    INDArray y = tape.array(x.size(0), w.size(0), x.size(2), x.size(3));
    Kernels.convolution(x.value(), w.value(), b.value(), y);
    if (r != null) {
      Kernels.add(y, r.value(), y);
    }
    if (rectified) {
      Kernels.relu(y, y);
    }
    // dx, dw, db: computed together, overwriting; dr = dy. If rectified, all of them of dy where
    // y > 0
    return tape.record(
        y,
        dy -> {
          if (rectified) {
            Kernels.reluBackward(y, dy);
          }
          INDArray dw = tape.array(w.shape());
          INDArray db = tape.array(b.shape());
          backward(x, w.value(), b.value(), dy, dw, db);
          w.receive(dw);
          b.receive(db);
          if (r != null) {
            r.receive(dy);
          }
        },
        Stream.of(x, w, b, r).filter(Objects::nonNull).toArray(Variable[]::new));
  }

  /** The way back through a convolution of {@code x}, overwriting dw and db. */
  static void backward(Variable x, INDArray w, INDArray b, INDArray dy, INDArray dw, INDArray db) {
    Consumer<INDArray> back =
        WinogradGradients.serve(x.value(), w)
            ? dx -> new WinogradGradients(x.value(), w, dy).write(dx, dw, db)
            : dx -> Kernels.convolutionBackward(x.value(), w, b, dy, dx, dw, db);
    if (x.isDifferentiable()) {
      x.receiveOverwriting(back);
    } else {
      back.accept(Kernels.uninitialized(x.value().dataType(), x.shape()));
    }
  }

  /**
   * Pixel shuffle (Shi et al., 2016): y[n, c, s·h+i, s·w+j] = x[n, c·s²+s·i+j, h, w].
   *
   * @param x [N,C·s²,H,W]
   * @return [N,C,s·H,s·W]
   */
  public static Variable pixelShuffle(Tape tape, Variable x, int s) {
    long n = x.size(0);
    long c = x.size(1) / ((long) s * s);
    long h = x.size(2);
    long w = x.size(3);
    Shapes.check("pixelShuffle", x, n, c * s * s, h, w);
    long[] apart = {n, c, s, s, h, w};
    long[] together = {n, c, h, s, w, s};
    INDArray y = tape.array(n, c, h * s, w * s);
    Kernels.permute(x.value().reshape('c', apart), y, 0, 1, 4, 2, 5, 3);
    // a permutation: dx is dy, put back
    return tape.record(
        y,
        dy ->
            x.receiveOverwriting(
                dx -> Kernels.permute(dy.reshape('c', together), dx, 0, 1, 3, 5, 2, 4)),
        x);
  }

  /**
   * y[n, c] = x[n, c] + shift[c]: the mean shift, which is not learned.
   *
   * @param x [N,C,H,W]
   * @param shift [1,C,1,1]
   */
  public static Variable shiftChannels(Tape tape, Variable x, INDArray shift) {
    INDArray y = tape.array(x.shape());
    Kernels.add(x.value(), shift, y);
    // dx = dy
    return tape.record(y, dy -> x.receive(dy), x);
  }
}
