package org.ipt4j.core;

import java.util.Locale;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Scaled dot-product attention of several heads (Vaswani et al., 2017, §3.2). */
public final class Attention {
  /** Scores are worked on in groups of samples that together stay within this, to stay in cache. */
  private static final long GROUP_BYTES = 8L << 20;

  private Attention() {}

  /**
   * For each sample and head: y = softmax(q·kᵀ/√(D/A))·v. Head a reads and writes the columns
   * [a·D/A, (a+1)·D/A). The weights [A,S,S] are not kept but computed again on the way back.
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
    long n = q.size(0);
    long scoreBytes = heads * q.size(1) * k.size(1) * q.value().dataType().width();
    long group = Math.max(1, Math.min(n, GROUP_BYTES / scoreBytes));
    double factor = 1 / Math.sqrt((double) q.size(2) / heads);
    INDArray y = tape.array(q.shape());
    INDArray weights = tape.array(tape.isTraining() ? n : group, heads, q.size(1), k.size(1));
    for (long from = 0; from < n; from += group) {
      Part part = new Part(from, Math.min(group, n - from), heads);
      INDArray p = tape.isTraining() ? part.own(weights) : part.first(weights);
      Kernels.matmul(part.of(q.value()), false, part.of(k.value()), true, factor, 0, p);
      Kernels.softmax(p, p);
      Kernels.matmul(p, false, part.of(v.value()), false, 1, 0, part.of(y));
    }
    // With p the weights: dv = pᵀ·dy, dp = dy·vᵀ, dz = p ∘ (dp − rows' sums of dp ∘ p), which sums
    // are those of dy ∘ y over a head's columns; dq = factor·dz·k, dk = factor·dzᵀ·q
    return tape.record(
        y,
        dy -> {
          INDArray sums = headSums(tape, dy, y, heads); // [N,S,A]
          // in this order, also below: if two of them are one variable, the first one overwrites
          Variable.Target dq = q.target();
          Variable.Target dk = k.target();
          Variable.Target dv = v.target();
          if (HeadGradients.isPossible(weights)) {
            new HeadGradients(q.value(), k.value(), v.value(), dy, weights, sums, heads, factor)
                .addTo(dq, dk, dv);
            return;
          }
          INDArray slopes = tape.array(group, heads, q.size(1), k.size(1));
          for (long from = 0; from < n; from += group) {
            Part part = new Part(from, Math.min(group, n - from), heads);
            INDArray p = part.own(weights);
            INDArray dz = part.first(slopes);
            INDArray partDy = part.of(dy);
            Kernels.matmul(partDy, false, part.of(v.value()), true, 1, 0, dz);
            Kernels.subtract(dz, part.sums(sums), dz);
            Kernels.multiply(dz, p, dz);
            if (dq != null) {
              INDArray target = part.of(dq.array());
              Kernels.matmul(dz, false, part.of(k.value()), false, factor, dq.beta(), target);
            }
            if (dk != null) {
              INDArray target = part.of(dk.array());
              Kernels.matmul(dz, true, part.of(q.value()), false, factor, dk.beta(), target);
            }
            if (dv != null) {
              Kernels.matmul(p, true, partDy, false, 1, dv.beta(), part.of(dv.array()));
            }
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

  /** The samples [from, from + count), their columns divided among heads. */
  private record Part(long from, long count, int heads) {
    /** x [N,S,D], rows perhaps wider than D → [count,A,S,D/A]. */
    INDArray of(INDArray x) {
      long perHead = x.size(2) / heads;
      return Kernels.view(
          x,
          from * x.stride(0),
          new long[] {count, heads, x.size(1), perHead},
          new long[] {x.stride(0), perHead, x.stride(1), 1});
    }

    /** Sums [N,S,A] → [count,A,S,1]. */
    INDArray sums(INDArray x) {
      return Kernels.view(
          x,
          from * x.stride(0),
          new long[] {count, heads, x.size(1), 1},
          new long[] {x.stride(0), 1, x.stride(1), 1});
    }

    /** These samples of an array for all samples. */
    INDArray own(INDArray x) {
      return view(x, from * x.stride(0));
    }

    /** The first {@code count} of an array for one group. */
    INDArray first(INDArray x) {
      return view(x, 0);
    }

    private INDArray view(INDArray x, long offset) {
      long[] shape = x.shape().clone();
      shape[0] = count;
      return Kernels.view(x, offset, shape, x.stride());
    }
  }
}
