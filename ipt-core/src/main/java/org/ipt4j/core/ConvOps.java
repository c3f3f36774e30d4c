package org.ipt4j.core;

import java.util.Objects;
import java.util.stream.Stream;

/** Operations on images of features, [N,C,H,W]. */
public final class ConvOps {
  private ConvOps() {}

  /**
   * Cross-correlation with stride 1 and zero padding; the output is as large as the input (as
   * PyTorch's {@code Conv2d} with padding k/2).
   *
   * @param x [N,C,H,W]
   * @param w [O,C,k,k], k odd
   * @param b [O]
   * @return [N,O,H,W]
   */
  public static Variable conv2d(Tape tape, Variable x, Variable w, Variable b) {
    return conv2d(tape, x, w, b, null, Activation.NONE);
  }

  /** y = r + {@link #conv2d}, added to the residual r [N,O,H,W] without a further array. */
  public static Variable conv2dOnto(Tape tape, Variable r, Variable x, Variable w, Variable b) {
    Shapes.check(tape, "residual", r, x.size(0), w.size(0), x.size(2), x.size(3));
    return conv2d(tape, x, w, b, r, Activation.NONE);
  }

  /** y = max({@link #conv2d}, 0), without a further array. */
  public static Variable conv2dRelu(Tape tape, Variable x, Variable w, Variable b) {
    return conv2d(tape, x, w, b, null, Activation.RELU);
  }

  private static Variable conv2d(
      Tape tape, Variable x, Variable w, Variable b, Variable r, Activation activation) {
    Shapes.check(tape, "conv2d", x, -1, w.size(1), x.size(2), x.size(3));
    Shapes.check(tape, "conv2d's bias", b, w.size(0));
    Device device = tape.device();
    Array y = tape.array(x.size(0), w.size(0), x.size(2), x.size(3));
    device.convolution(
        x.value(), w.value(), b.value(), r == null ? null : r.value(), activation, y);
    // dx, dw, db: computed together; dr = dy. If rectified, all of them of dy where y > 0
    return tape.record(
        Operation.of("conv2d", "residual", r != null, "activation", activation.toString())
            .multiplying(multiplications(x, w.value())),
        y,
        activation.keeping(Kept.of(x, w, b)),
        dy -> {
          Array dw = tape.array(w.shape());
          Array db = tape.array(b.shape());
          device.convolutionBackward(
              x.value(), w.value(), b.value(), activation, y, dy, x.target(), dw, db);
          w.receive(dw);
          b.receive(db);
          if (r != null) {
            r.receive(dy);
          }
        },
        Stream.of(x, w, b, r).filter(Objects::nonNull).toArray(Variable[]::new));
  }

  /** The multiplications of a convolution of x [N,C,H,W] with w. */
  static long multiplications(Variable x, Array w) {
    return x.size(0) * x.size(2) * x.size(3) * w.length();
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
    Shapes.check(tape, "pixelShuffle", x, n, c * s * s, h, w);
    long[] apart = {n, c, s, s, h, w};
    long[] together = {n, c, h, s, w, s};
    Array y = tape.array(n, c, h * s, w * s);
    Device device = tape.device();
    device.permute(x.value().reshape(apart), y, 0, 1, 4, 2, 5, 3);
    // a permutation: dx is dy, put back
    return tape.record(
        Operation.of("pixelShuffle", "factor", s),
        y,
        Kept.NOTHING,
        dy ->
            x.receiveOverwriting(dx -> device.permute(dy.reshape(together), dx, 0, 1, 3, 5, 2, 4)),
        x);
  }

  /**
   * y[n, c] = x[n, c] + shift[c]: the mean shift, which is not learned.
   *
   * @param x [N,C,H,W]
   * @param shift [1,C,1,1]; does not require a gradient
   */
  public static Variable shiftChannels(Tape tape, Variable x, Variable shift) {
    Array y = tape.array(x.shape());
    tape.device().add(x.value(), shift.value(), y);
    // dx = dy
    return tape.record(
        Operation.of("shiftChannels"), y, Kept.NOTHING, dy -> x.receive(dy), x, shift);
  }
}
