package org.ipt4j.core;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The way back through attention, head by head: a head's scores are made, used and forgotten while
 * they are in one processor's cache, where BLAS multiplies twice as fast as from memory. In between
 * a few rows at a time are copied to arrays on the heap, over which the virtual machine vectorises
 * loops. Results are the same to the bit for the same arrays.
 */
final class HeadGradients {
  private static final int BLOCK = 4096; // numbers worked on at a time, unless a row is longer
  private static final boolean OPEN_BLAS = Products.isOpenBlas();

  private final INDArray q;
  private final INDArray k;
  private final INDArray v;
  private final INDArray dy;
  private final INDArray weights;
  private final INDArray sums;
  private final int heads;
  private final double factor;

  /**
   * What went in and what flows back.
   *
   * @param q queries [N,S,D], perhaps columns of a wider array, like k, v and dy
   * @param weights the softmax [N,A,S,S']
   * @param sums of dy ∘ y over each head's columns [N,S,A]
   * @param factor of q·kᵀ
   */
  HeadGradients(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray dy,
      INDArray weights,
      INDArray sums,
      int heads,
      double factor) {
    this.q = q;
    this.k = k;
    this.v = v;
    this.dy = dy;
    this.weights = weights;
    this.sums = sums;
    this.heads = heads;
    this.factor = factor;
  }

  /** Whether this machine, ND4J's backend and the size of the softmax allow it. */
  static boolean isPossible(INDArray weights) {
    return OPEN_BLAS
        && weights.dataType() == DataType.FLOAT
        && weights.length() <= Integer.MAX_VALUE / Float.BYTES; // a buffer's limit
  }

  /** Adds to the gradients; null where none is wanted. */
  void addTo(Variable.Target dq, Variable.Target dk, Variable.Target dv) {
    int all = (int) q.size(0) * heads;
    int shares = Math.min(all, 2 * Workers.count()); // of each, its own slopes
    INDArray slopes =
        Kernels.uninitialized(DataType.FLOAT, shares, weights.size(2), weights.size(3));
    FloatBuffer p = buffer(weights);
    FloatBuffer dz = buffer(slopes);
    FloatBuffer rowSums = buffer(sums);
    Blas.singleThreaded(
        () ->
            Workers.run(
                shares,
                share -> {
                  Loop loop = new Loop(p, dz, rowSums, share);
                  int end = (int) ((long) all * (share + 1) / shares);
                  for (int i = (int) ((long) all * share / shares); i < end; i++) {
                    head(i, share, slopes, loop, dq, dk, dv);
                  }
                }));
  }

  private void head(
      int i,
      int share,
      INDArray slopes,
      Loop loop,
      Variable.Target dq,
      Variable.Target dk,
      Variable.Target dv) {
    long queries = weights.size(2);
    long keys = weights.size(3);
    long perHead = q.size(2) / heads;
    Blas.Matrix p = new Blas.Matrix(weights, i * queries * keys, (int) keys);
    Blas.Matrix dz = new Blas.Matrix(slopes, share * queries * keys, (int) keys);
    Blas.multiply(queries, keys, perHead, columns(dy, i), false, columns(v, i), true, 1, 0, dz);
    loop.run(i);
    // in this order: if two of them are one variable, the first one overwrites
    if (dq != null) {
      Blas.Matrix to = columns(dq.array(), i);
      Blas.multiply(queries, perHead, keys, dz, false, columns(k, i), false, factor, dq.beta(), to);
    }
    if (dk != null) {
      Blas.Matrix to = columns(dk.array(), i);
      Blas.multiply(keys, perHead, queries, dz, true, columns(q, i), false, factor, dk.beta(), to);
    }
    if (dv != null) {
      Blas.Matrix to = columns(dv.array(), i);
      Blas.multiply(keys, perHead, queries, p, true, columns(dy, i), false, 1, dv.beta(), to);
    }
  }

  /** The columns of x [N,S,D] that belong to head i % A of sample i / A. */
  private Blas.Matrix columns(INDArray x, int i) {
    long from = (long) (i / heads) * x.stride(0) + i % heads * (x.size(2) / heads);
    return new Blas.Matrix(x, from, x.stride(1));
  }

  private static FloatBuffer buffer(INDArray x) {
    return new FloatPointer(x.data().addressPointer()).capacity(x.length()).asBuffer();
  }

  /** dz = p ∘ (dz − sums), in place, for one head's rows. */
  private final class Loop {
    private final FloatBuffer p;
    private final FloatBuffer dz;
    private final FloatBuffer rowSums;
    private final int share;
    private final int queries = (int) weights.size(2);
    private final int keys = (int) weights.size(3);
    private final int step = Math.max(1, BLOCK / keys); // rows
    private final float[] weightsOfBlock = new float[step * keys];
    private final float[] slopesOfBlock = new float[step * keys];

    Loop(FloatBuffer p, FloatBuffer dz, FloatBuffer rowSums, int share) {
      this.p = p;
      this.dz = dz;
      this.rowSums = rowSums;
      this.share = share;
    }

    void run(int i) {
      for (int row = 0; row < queries; row += step) {
        int count = Math.min(step, queries - row);
        p.get((i * queries + row) * keys, weightsOfBlock, 0, count * keys);
        dz.get((share * queries + row) * keys, slopesOfBlock, 0, count * keys);
        for (int r = 0; r < count; r++) {
          int sum = (i / heads * queries + row + r) * heads + i % heads;
          slope(slopesOfBlock, weightsOfBlock, r * keys, keys, rowSums.get(sum));
        }
        dz.put((share * queries + row) * keys, slopesOfBlock, 0, count * keys);
      }
    }

    private static void slope(float[] dz, float[] p, int from, int n, float sum) {
      for (int j = 0; j < n; j++) {
        dz[from + j] = (dz[from + j] - sum) * p[from + j];
      }
    }
  }
}
