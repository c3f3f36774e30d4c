package org.ipt4j.core;

import java.util.Locale;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
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
    try (MemoryWorkspace scratch = tape.scratch()) {
      INDArray weights = tape.array(group, heads, q.size(1), k.size(1));
      for (long from = 0; from < n; from += group) {
        Part part = new Part(from, Math.min(group, n - from), heads);
        INDArray p = part.first(weights);
        Kernels.matmul(part.of(q.value()), false, part.of(k.value()), true, factor, 0, p);
        Kernels.softmax(p, p);
        Kernels.matmul(p, false, part.of(v.value()), false, 1, 0, part.of(y));
      }
    }
    // With z = factor·q·kᵀ, p = softmax(z): dv = pᵀ·dy, dp = dy·vᵀ, dz = softmax'(z, dp),
    // dq = factor·dz·k, dk = factor·dzᵀ·q
    return tape.record(
        y,
        dy -> {
          INDArray scores = tape.array(group, heads, q.size(1), k.size(1));
          INDArray weights = tape.array(group, heads, q.size(1), k.size(1));
          INDArray weightSlopes = tape.array(group, heads, q.size(1), k.size(1));
          INDArray scoreSlopes = tape.array(group, heads, q.size(1), k.size(1));
          // in this order, also below: if two of them are one variable, the first one overwrites
          Variable.Target dq = q.target();
          Variable.Target dk = k.target();
          Variable.Target dv = v.target();
          for (long from = 0; from < n; from += group) {
            Part part = new Part(from, Math.min(group, n - from), heads);
            INDArray z = part.first(scores);
            INDArray p = part.first(weights);
            INDArray dp = part.first(weightSlopes);
            INDArray dz = part.first(scoreSlopes);
            INDArray partQ = part.of(q.value());
            INDArray partK = part.of(k.value());
            INDArray partDy = part.of(dy);
            Kernels.matmul(partQ, false, partK, true, factor, 0, z);
            Kernels.softmax(z, p);
            Kernels.matmul(partDy, false, part.of(v.value()), true, 1, 0, dp);
            Kernels.softmaxBackward(z, dp, dz);
            if (dq != null) {
              Kernels.matmul(dz, false, partK, false, factor, dq.beta(), part.of(dq.array()));
            }
            if (dk != null) {
              Kernels.matmul(dz, true, partQ, false, factor, dk.beta(), part.of(dk.array()));
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

    /** The first {@code count} of an array for whole groups. */
    INDArray first(INDArray x) {
      long[] shape = x.shape().clone();
      shape[0] = count;
      return Kernels.view(x, 0, shape, x.stride());
    }
  }
}
