package org.ipt4j.core;

import java.util.function.IntFunction;

/**
 * Attention of a few heads at a time: their scores are made, normalised and used while they are in
 * one processor's cache, and displace nothing from the cache that all processors share.
 */
final class PerHeadForward {
  private static final long TOGETHER = 140_000; // scores worked on at a time, or one head's

  private final AttentionHeads heads;
  private final Device device;
  private final IntFunction<Blas.Matrix> q;
  private final IntFunction<Blas.Matrix> k;
  private final IntFunction<Blas.Matrix> v;
  private final IntFunction<Blas.Matrix> y;
  private final int all;
  private final int group; // heads at a time
  private final int shares;

  /** Writes to y [N,S,D]. */
  PerHeadForward(AttentionHeads heads, Array y) {
    this.heads = heads;
    q = HeadMatrices.columns(heads, heads.q());
    k = HeadMatrices.columns(heads, heads.k());
    v = HeadMatrices.columns(heads, heads.v());
    device = y.device();
    this.y = HeadMatrices.columns(heads, y);
    all = heads.count();
    group = (int) Math.max(1, Math.min(all, TOGETHER / heads.scores()));
    shares = Math.min((all + group - 1) / group, Workers.count());
  }

  /**
   * y = softmax(factor · q·kᵀ)·v of each head.
   *
   * @param weights receives the softmax [N,A,S,S'], or null
   */
  void run(Array weights) {
    Array scores = weights == null ? device.array((long) shares * group, heads.scores()) : weights;
    Blas.singleThreaded(
        () ->
            Workers.run(
                all,
                shares,
                (share, from, end) -> {
                  Array some = null;
                  for (int i = from; i < end; i += group) {
                    int count = Math.min(group, end - i);
                    int at = weights == null ? share * group : i;
                    if (some == null || weights != null || count < group) {
                      some = some(scores, at, count);
                    }
                    heads(i, at, some, scores);
                  }
                }));
  }

  /** The scores of {@code count} heads from {@code at} on, in the shape that softmax takes. */
  private Array some(Array scores, int at, int count) {
    return scores.view(
        at * heads.scores(),
        new long[] {count, heads.queries(), heads.keys()},
        new long[] {heads.scores(), heads.keys(), 1});
  }

  /**
   * Computes the heads from {@code from} on; their scores are {@code some}, the matrices from
   * {@code at} on.
   */
  private void heads(int from, int at, Array some, Array scores) {
    int count = (int) some.size(0);
    int queries = heads.queries();
    int keys = heads.keys();
    int width = heads.width();
    IntFunction<Blas.Matrix> p = HeadMatrices.scores(heads, scores);
    for (int i = 0; i < count; i++) {
      Blas.Matrix left = q.apply(from + i);
      Blas.Matrix right = k.apply(from + i);
      Blas.Matrix to = p.apply(at + i);
      Blas.multiply(queries, keys, width, left, right.transposed(), heads.factor(), 0, to);
    }
    device.softmax(some, some);
    for (int i = 0; i < count; i++) {
      Blas.Matrix left = p.apply(at + i);
      Blas.Matrix right = v.apply(from + i);
      Blas.Matrix to = y.apply(from + i);
      Blas.multiply(queries, width, keys, left, right, 1, 0, to);
    }
  }
}
