package org.ipt4j.core;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Attention of a few heads at a time: their scores are made, normalised and used while they are in
 * one processor's cache, and displace nothing from the cache that all processors share.
 */
final class HeadProducts {
  private static final long TOGETHER = 90_000; // scores worked on at a time, or one head's

  private final Heads heads;
  private final INDArray y;
  private final int all;
  private final int group; // heads at a time
  private final int shares;

  /** Writes to y [N,S,D]. */
  HeadProducts(Heads heads, INDArray y) {
    this.heads = heads;
    this.y = y;
    all = heads.count();
    group = (int) Math.max(1, Math.min(all, TOGETHER / heads.scores()));
    shares = Math.min((all + group - 1) / group, Workers.count());
  }

  /**
   * y = softmax(factor · q·kᵀ)·v of each head.
   *
   * @param weights for the softmax [N,A,S,S'], if it is to be kept; else null
   */
  void run(INDArray weights) {
    INDArray scores =
        weights == null
            ? Kernels.uninitialized(DataType.FLOAT, (long) shares * group, heads.scores())
            : weights;
    Blas.singleThreaded(
        () ->
            Workers.run(
                all,
                shares,
                (share, from, end) -> {
                  for (int i = from; i < end; i += group) {
                    int at = weights == null ? share * group : i;
                    some(i, Math.min(group, end - i), scores, at * heads.scores());
                  }
                }));
  }

  /** The heads [from, from + count), their scores lying from {@code at} on. */
  private void some(int from, int count, INDArray scores, long at) {
    int queries = heads.queries();
    int keys = heads.keys();
    int width = heads.width();
    double factor = heads.factor();
    for (int i = 0; i < count; i++) {
      Blas.Matrix q = heads.columns(heads.q(), from + i);
      Blas.Matrix k = heads.columns(heads.k(), from + i);
      Blas.Matrix p = new Blas.Matrix(scores, at + i * heads.scores(), keys);
      Blas.multiply(queries, keys, width, q, false, k, true, factor, 0, p);
    }
    long[] strides = {heads.scores(), keys, 1};
    INDArray p = Kernels.view(scores, at, new long[] {count, queries, keys}, strides);
    Kernels.softmax(p, p);
    for (int i = 0; i < count; i++) {
      Blas.Matrix weights = new Blas.Matrix(scores, at + i * heads.scores(), keys);
      Blas.Matrix v = heads.columns(heads.v(), from + i);
      Blas.Matrix to = heads.columns(y, from + i);
      Blas.multiply(queries, width, keys, weights, false, v, false, 1, 0, to);
    }
  }
}
