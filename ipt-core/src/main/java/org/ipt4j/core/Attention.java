package org.ipt4j.core;

import java.util.Locale;

/** Scaled dot-product attention of several heads (Vaswani et al., 2017, §3.2). */
public final class Attention {
  private Attention() {}

  /**
   * For each sample and head: y = softmax(q·kᵀ/√(D/A))·v. Head a reads and writes the columns
   * [a·D/A, (a+1)·D/A).
   *
   * @param q queries [N,S,D]; like k and v, they may be columns of a wider array ({@link
   *     Tape#split})
   * @param k keys [N,S',D]
   * @param v values [N,S',D]
   * @param heads A, which divides D
   * @return [N,S,D]
   */
  public static Variable attention(Tape tape, Variable q, Variable k, Variable v, int heads) {
    Shapes.check(tape, "attention keys", k, q.size(0), v.size(1), q.size(2));
    Shapes.check(tape, "attention values", v, q.size(0), k.size(1), q.size(2));
    if (q.size(2) % heads != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "attention expects D divisible by the heads, got D %d and %d heads",
              q.size(2),
              heads));
    }
    Device device = tape.device();
    double factor = 1 / Math.sqrt((double) q.size(2) / heads);
    AttentionHeads all = new AttentionHeads(q.value(), k.value(), v.value(), heads, factor);
    Array kept = tape.isTraining() ? tape.array(device.keptByAttention(all)) : null;
    Array y = device.arrayLike(q.value(), q.shape());
    device.attention(all, kept, y);
    return tape.record(
        Operation.of("attention", "heads", heads).multiplying(2 * q.value().length() * k.size(1)),
        y,
        dy -> {
          // in this order: if two of them are one variable, the first one overwrites
          Variable.Target dq = q.target();
          Variable.Target dk = k.target();
          Variable.Target dv = v.target();
          device.attentionBackward(all, kept, y, dy, dq, dk, dv);
        },
        q,
        k,
        v);
  }
}
