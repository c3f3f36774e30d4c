package org.ipt4j.core;

import java.util.Objects;
import java.util.stream.Stream;

/** Operations on arrays of any shape, and on rows of features. */
public final class Ops {
  private static final double LAYER_NORM_EPSILON = 1e-5;

  private Ops() {}

  /**
   * y = x·wᵀ + b.
   *
   * @param x [..., I]
   * @param w [O,I]
   * @param b [O], or null for none
   * @return [..., O]
   */
  public static Variable linear(Tape tape, Variable x, Variable w, Variable b) {
    return linear(tape, x, w, b, null, Activation.NONE);
  }

  /** y = r + x·wᵀ + b: {@link #linear} added to a residual r [..., O], without a further array. */
  public static Variable linearOnto(Tape tape, Variable r, Variable x, Variable w, Variable b) {
    Shapes.check(tape, "residual", r, outputShape(x, w));
    return linear(tape, x, w, b, r, Activation.NONE);
  }

  /** y = max(x·wᵀ + b, 0): {@link #linear} and {@link #relu}, without a further array. */
  public static Variable linearRelu(Tape tape, Variable x, Variable w, Variable b) {
    return linear(tape, x, w, b, null, Activation.RELU);
  }

  private static Variable linear(
      Tape tape, Variable x, Variable w, Variable b, Variable r, Activation activation) {
    Device device = tape.device();
    long out = w.size(0);
    Shapes.check(tape, "linear", x, -1, w.size(1));
    if (b != null) {
      Shapes.check(tape, "linear's bias", b, out);
    }
    Array rows = x.value().rows(); // [R,I]
    Array y = device.arrayLike((r == null ? x : r).value(), outputShape(x, w));
    device.linear(
        rows,
        w.value(),
        b == null ? null : b.value(),
        r == null ? null : r.value().rows(),
        activation,
        y.rows());
    // dx = dy·w, dw = dyᵀ·x, db = sum of dy's rows, dr = dy; if rectified, of dy where y > 0
    return tape.record(
        Operation.of(
                "linear",
                "bias",
                b != null,
                "residual",
                r != null,
                "activation",
                activation.toString())
            .multiplying(rows.length() * out),
        y,
        activation.keeping(Kept.of(x, w)),
        dy -> {
          Device.Slopes slopes =
              device.linearBackward(activation, y.rows(), dy.rows(), rows, b != null);
          Array factor = slopes.factor();
          x.receive((dx, beta) -> device.product(factor, w.value(), 1, beta, dx.rows()));
          w.receive((dw, beta) -> device.product(factor.transposed(), rows, 1, beta, dw));
          if (b != null) {
            b.receive((db, beta) -> device.biasGradient(slopes, beta, db));
          }
          if (r != null) {
            r.receive(dy);
          }
        },
        Stream.of(x, w, b, r).filter(Objects::nonNull).toArray(Variable[]::new));
  }

  private static long[] outputShape(Variable x, Variable w) {
    long[] shape = x.shape();
    shape[shape.length - 1] = w.size(0);
    return shape;
  }

  /** y = a + b; shapes are equal. */
  public static Variable add(Tape tape, Variable a, Variable b) {
    Shapes.checkEqual(tape, "add", a, b);
    Array y = tape.array(a.shape());
    tape.device().add(a.value(), b.value(), y);
    // da = dy, db = dy
    return tape.record(
        Operation.of("add"),
        y,
        Kept.NOTHING,
        dy -> {
          a.receive(dy);
          b.receive(dy);
        },
        a,
        b);
  }

  /**
   * y[n] = x[n] + e for every n: adds a learned embedding, the same for each sample.
   *
   * @param x [N,S,D]
   * @param e [S,D]
   * @return [N,S,D]
   */
  public static Variable addEmbedding(Tape tape, Variable x, Variable e) {
    Shapes.check(tape, "embedding", e, x.size(1), x.size(2));
    Device device = tape.device();
    long n = x.size(0);
    long perSample = e.value().length();
    Array y = device.arrayLike(x.value(), x.shape());
    Array row = e.value().reshape(1, perSample);
    device.add(x.value().reshape(n, perSample), row, y.reshape(n, perSample));
    // dx = dy, de = sum of dy over n
    return tape.record(
        Operation.of("addEmbedding"),
        y,
        Kept.NOTHING,
        dy -> {
          x.receive(dy);
          e.receive(
              (de, beta) ->
                  device.sumColumns(dy.reshape(n, perSample), beta, de.reshape(1, perSample)));
        },
        x,
        e);
  }

  /** y = max(x, 0). */
  public static Variable relu(Tape tape, Variable x) {
    Device device = tape.device();
    Array y = tape.array(x.shape());
    device.relu(x.value(), y);
    // dx = dy where x > 0, which is where y > 0
    return tape.record(
        Operation.of("relu"),
        y,
        Kept.NOTHING.andOutput(),
        dy -> {
          device.reluBackward(y, dy);
          x.receive(dy);
        },
        x);
  }

  /**
   * x as layers of the body read it to multiply it: x itself, or x in fewer bits where the device
   * keeps such numbers so ({@link Device#operand}). Where it is x itself, it ends with x.
   */
  public static Variable operand(Tape tape, Variable x) {
    Device device = tape.device();
    if (device.isOperand(x.value())) {
      return x;
    }
    Array y = device.operand(x.shape());
    device.copy(x.value(), y);
    // dx = dy
    return tape.record(
        Operation.of("operand"), y, Kept.NOTHING, dy -> device.give(dy, x.target()), x);
  }

  /** y = factor · x. */
  public static Variable scale(Tape tape, Variable x, double factor) {
    Device device = tape.device();
    Array y = tape.array(x.shape());
    device.scale(x.value(), factor, y);
    // dx = factor · dy
    return tape.record(
        Operation.of("scale", "factor", factor),
        y,
        Kept.NOTHING,
        dy -> {
          device.scale(dy, factor, dy);
          x.receive(dy);
        },
        x);
  }

  /**
   * Layer normalisation (Ba et al., 2016): y = x̂ ∘ gain + bias, x̂ = (x − mean) / √(variance + ε),
   * over the last axis, ε = 1e-5, variance with 1/D. The result is an {@link #operand}.
   *
   * @param x [..., D], no part of a wider array
   * @param gain [D]
   * @param bias [D]
   */
  public static Variable layerNorm(Tape tape, Variable x, Variable gain, Variable bias) {
    Device device = tape.device();
    long d = gain.size(0);
    Shapes.check(tape, "layerNorm's gain", gain, d);
    Shapes.check(tape, "layerNorm's bias", bias, d);
    Shapes.check(tape, "layerNorm", x, -1, d);
    Shapes.checkOnePiece(tape, "layerNorm", x);
    Array y = device.operand(x.shape());
    Array from = x.value().rows();
    NormalisedRows rows =
        new NormalisedRows(
            from,
            gain.value(),
            bias.value(),
            y.rows(),
            tape.array(from.size(0), 1),
            tape.array(from.size(0), 1));
    device.layerNorm(rows, LAYER_NORM_EPSILON);
    return tape.record(
        Operation.of("layerNorm", "epsilon", LAYER_NORM_EPSILON),
        y,
        device.layerNormReadsInput() ? Kept.of(x, gain) : Kept.of(gain, bias).andOutput(),
        dy -> {
          Array dgain = tape.array(d);
          Array dbias = tape.array(d);
          Variable.Target dx = x.target();
          device.layerNormBackward(rows, dy.rows(), rows(dx), dgain, dbias);
          gain.receive(dgain);
          bias.receive(dbias);
        },
        x,
        gain,
        bias);
  }

  private static Variable.Target rows(Variable.Target target) {
    return target == null ? null : new Variable.Target(target.array().rows(), target.beta());
  }
}
