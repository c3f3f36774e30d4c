package org.ipt4j.core;

import java.util.Locale;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Scaled dot-product attention of several heads (Vaswani et al., 2017, §3.2). */
public final class Attention {
  private Attention() {}

  /**
   * For each sample and head: y = softmax(q·kᵀ/√(D/A))·v. Head a reads and writes the columns
   * [a·D/A, (a+1)·D/A). The weights [N,A,S,S'] are kept for the way back.
   *
   * @param q queries [N,S,D]; like k and v it may be columns of a wider array ({@link Tape#split})
   * @param k keys [N,S',D]
   * @param v values [N,S',D]
   * @param heads A, which divides D
   * @return [N,S,D]
   */
  public static Variable attention(Tape tape, Variable q, Variable k, Variable v, int heads) {
    Shapes.check("attention keys", k, q.size(0), v.size(1), q.size(2));
    Shapes.check("attention values", v, q.size(0), k.size(1), q.size(2));
    if (q.size(2) % heads != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "attention expects D divisible by the heads, got D %d and %d heads",
              q.size(2),
              heads));
    }
    double factor = 1 / Math.sqrt((double) q.size(2) / heads);
    Heads apart = new Heads(q.value(), k.value(), v.value(), heads, factor);
    long[] scores = {q.size(0), heads, q.size(1), k.size(1)};
    INDArray y = tape.array(q.shape());
    INDArray p; // the weights
    if (apart.areApart()) {
      p = tape.isTraining() ? tape.array(scores) : null;
      new HeadProducts(apart, y).run(p);
    } else {
      p = tape.array(scores);
      Kernels.matmul(byHead(q.value(), heads), false, byHead(k.value(), heads), true, factor, 0, p);
      Kernels.softmax(p, p);
      Kernels.matmul(p, false, byHead(v.value(), heads), false, 1, 0, byHead(y, heads));
    }
    // dv = pᵀ·dy, dp = dy·vᵀ, dz = p ∘ (dp − rows' sums of dp ∘ p), which sums are those of dy ∘ y
    // over a head's columns; dq = factor·dz·k, dk = factor·dzᵀ·q
    return tape.record(
        y,
        dy -> {
          INDArray sums = headSums(tape, dy, y, heads); // [N,S,A]
          // in this order, also below: if two of them are one variable, the first one overwrites
          Variable.Target dq = q.target();
          Variable.Target dk = k.target();
          Variable.Target dv = v.target();
          if (apart.areApart()) {
            new HeadGradients(apart, dy, p, sums).addTo(dq, dk, dv);
            return;
          }
          INDArray dz = tape.array(scores);
          Kernels.matmul(byHead(dy, heads), false, byHead(v.value(), heads), true, 1, 0, dz);
          Kernels.subtract(dz, byHead(sums, heads), dz);
          Kernels.multiply(dz, p, dz);
          if (dq != null) {
            INDArray to = byHead(dq.array(), heads);
            Kernels.matmul(dz, false, byHead(k.value(), heads), false, factor, dq.beta(), to);
          }
          if (dk != null) {
            INDArray to = byHead(dk.array(), heads);
            Kernels.matmul(dz, true, byHead(q.value(), heads), false, factor, dk.beta(), to);
          }
          if (dv != null) {
            INDArray to = byHead(dv.array(), heads);
            Kernels.matmul(p, true, byHead(dy, heads), false, 1, dv.beta(), to);
          }
        },
        q,
        k,
        v);
  }

  /** The sums of a ∘ b over each head's columns: [N,S,D] → [N,S,A]. */
  private static INDArray headSums(Tape tape, INDArray a, INDArray b, int heads) {
    INDArray product = tape.array(a.shape());
    Kernels.multiply(a, b, product);
    INDArray sums = tape.array(a.size(0), a.size(1), heads);
    long perHead = a.size(2) / heads;
    Kernels.sumRows(
        product.reshape('c', sums.length(), perHead), 1, sums.reshape('c', sums.length(), 1));
    return sums;
  }

  /** x [N,S,Q], rows perhaps wider than Q → [N,A,S,Q/A]. */
  private static INDArray byHead(INDArray x, int heads) {
    long width = x.size(2) / heads;
    return Kernels.view(
        x,
        0,
        new long[] {x.size(0), heads, x.size(1), width},
        new long[] {x.stride(0), width, x.stride(1), 1});
  }
}
