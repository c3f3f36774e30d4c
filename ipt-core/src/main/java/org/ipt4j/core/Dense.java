package org.ipt4j.core;

import java.util.Objects;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Operations on rows of features: the parts of a transformer other than attention. */
public final class Dense {
  private static final double LAYER_NORM_EPSILON = 1e-5;

  private Dense() {}

  /**
   * y = x·wᵀ + b.
   *
   * @param x [..., I]
   * @param w [O,I]
   * @param b [O], or null for none
   * @return [..., O]
   */
  public static Variable linear(Tape tape, Variable x, Variable w, Variable b) {
    return linear(tape, x, w, b, null, false);
  }

  /** y = r + x·wᵀ + b: {@link #linear} beside a residual r [..., O], in one array. */
  public static Variable linearOnto(Tape tape, Variable r, Variable x, Variable w, Variable b) {
    Shapes.check("residual", r, outputShape(x, w));
    return linear(tape, x, w, b, r, false);
  }

  /** y = max(x·wᵀ + b, 0): {@link #linear} and {@link #relu} in one array. */
  public static Variable linearRelu(Tape tape, Variable x, Variable w, Variable b) {
    return linear(tape, x, w, b, null, true);
  }

  private static Variable linear(
      Tape tape, Variable x, Variable w, Variable b, Variable r, boolean rectified) {
    long out = w.size(0);
    Shapes.check("linear", x, -1, w.size(1));
    INDArray rows = rows(x.value()); // [R,I]
    INDArray y = tape.array(outputShape(x, w));
    INDArray yRows = rows(y); // [R,O]
    if (r == null) {
      Kernels.matmul(rows, false, w.value(), true, 1, 0, yRows);
      if (b != null) {
        Kernels.add(yRows, b.value(), yRows);
      }
    } else {
      if (b != null) {
        Kernels.add(rows(r.value()), b.value(), yRows);
      } else {
        y.assign(r.value());
      }
      Kernels.matmul(rows, false, w.value(), true, 1, 1, yRows);
    }
    if (rectified) {
      Kernels.relu(yRows, yRows);
    }
    // dx = dy·w, dw = dyᵀ·x, db = sum of dy's rows, dr = dy; if rectified, of dy where y > 0
    return tape.record(
        y,
        dy -> {
          INDArray dyRows = rows(dy);
          if (rectified) {
            Kernels.reluBackward(yRows, dyRows);
          }
          x.receive(
              (dx, beta) -> Kernels.matmul(dyRows, false, w.value(), false, 1, beta, rows(dx)));
          w.receive((dw, beta) -> Kernels.matmul(dyRows, true, rows, false, 1, beta, dw));
          if (b != null) {
            b.receive((db, beta) -> Kernels.sumColumns(dyRows, beta, db.reshape('c', 1, out)));
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

  /** y = a + b, of one shape. */
  public static Variable add(Tape tape, Variable a, Variable b) {
    Shapes.checkEqual("add", a, b);
    INDArray y = tape.array(a.shape());
    Kernels.add(a.value(), b.value(), y);
    // da = dy, db = dy
    return tape.record(
        y,
        dy -> {
          a.receive(dy);
          b.receive(dy);
        },
        a,
        b);
  }

  /**
   * y[n] = x[n] + e for every n: a learned embedding, the same for each sample.
   *
   * @param x [N,S,D]
   * @param e [S,D]
   * @return [N,S,D]
   */
  public static Variable addEmbedding(Tape tape, Variable x, Variable e) {
    Shapes.check("embedding", e, x.size(1), x.size(2));
    long n = x.size(0);
    long perSample = e.value().length();
    INDArray y = tape.array(x.shape());
    INDArray row = e.value().reshape('c', 1, perSample);
    Kernels.add(x.value().reshape('c', n, perSample), row, y.reshape('c', n, perSample));
    // dx = dy, de = sum of dy over n
    return tape.record(
        y,
        dy -> {
          x.receive(dy);
          e.receive(
              (de, beta) ->
                  Kernels.sumColumns(
                      dy.reshape('c', n, perSample), beta, de.reshape('c', 1, perSample)));
        },
        x,
        e);
  }

  /** y = max(x, 0). */
  public static Variable relu(Tape tape, Variable x) {
    INDArray y = tape.array(x.shape());
    Kernels.relu(x.value(), y);
    // dx = dy where x > 0, which is where y > 0
    return tape.record(
        y,
        dy -> {
          Kernels.reluBackward(y, dy);
          x.receive(dy);
        },
        x);
  }

  /** y = factor · x. */
  public static Variable scale(Tape tape, Variable x, double factor) {
    INDArray y = tape.array(x.shape());
    x.value().muli(factor, y);
    // dx = factor · dy
    return tape.record(y, dy -> x.receive(dy.muli(factor)), x);
  }

  /**
   * Layer normalisation (Ba et al., 2016): y = x̂ ∘ gain + bias, x̂ = (x − mean) / √(variance + ε),
   * over the last axis, ε = 1e-5, variance with 1/D.
   *
   * @param x [..., D]
   * @param gain [D]
   * @param bias [D]
   */
  public static Variable layerNorm(Tape tape, Variable x, Variable gain, Variable bias) {
    long d = gain.size(0);
    Shapes.check("layerNorm", x, -1, d);
    INDArray y = tape.array(x.shape());
    INDArray rows = rows(x.value());
    INDArray mean = tape.array(rows.size(0), 1); // of each row [R,1]
    INDArray inverse = tape.array(rows.size(0), 1); // 1/√(variance + ε) [R,1]
    LayerNorm norm = LayerNorm.fastest(rows);
    norm.forward(rows, gain.value(), bias.value(), LAYER_NORM_EPSILON, rows(y), mean, inverse);
    // With g = dy ∘ gain: dx = (g − mean(g) − x̂ · mean(g ∘ x̂)) / √(variance + ε), means over D;
    // dgain = sum of (dy ∘ x̂)'s rows, dbias = sum of dy's rows
    return tape.record(
        y,
        dy -> {
          INDArray dgain = tape.array(d);
          INDArray dbias = tape.array(d);
          norm.backward(rows(dy), rows, gain.value(), mean, inverse, dgain, dbias);
          gain.receive(dgain);
          bias.receive(dbias);
          x.receive(dy);
        },
        x,
        gain,
        bias);
  }

  private static INDArray rows(INDArray x) {
    long last = x.size(x.rank() - 1);
    return x.reshape('c', x.length() / last, last);
  }
}
