package org.ipt4j.core;

/**
 * The queries, keys and values of attention, seen head by head: number i is head i % A of sample i
 * / A, counted from 0.
 *
 * @param q queries [N,S,D]; like k and v, they may be columns of a wider array
 * @param k keys [N,S',D]
 * @param v values [N,S',D]
 * @param perSample A, which divides D
 * @param factor the factor of q·kᵀ
 */
public record AttentionHeads(Array q, Array k, Array v, int perSample, double factor) {
  /** N·A. */
  int count() {
    return (int) q.size(0) * perSample;
  }

  /** S. */
  public int queries() {
    return (int) q.size(1);
  }

  /** S'. */
  public int keys() {
    return (int) k.size(1);
  }

  /** S·S', the number of scores of a head. */
  long scores() {
    return q.size(1) * k.size(1);
  }

  /** D/A. */
  public int width() {
    return (int) q.size(2) / perSample;
  }

  /** [N,A,S,S']. */
  public long[] weightsShape() {
    return new long[] {q.size(0), perSample, q.size(1), k.size(1)};
  }

  /** The columns of each head: x [N,S,Q], whose rows may be parts of wider ones → [N,A,S,Q/A]. */
  public Array byHead(Array x) {
    long each = x.size(2) / perSample;
    return x.view(
        0,
        new long[] {x.size(0), perSample, x.size(1), each},
        new long[] {x.stride(0), each, x.stride(1), 1});
  }
}
