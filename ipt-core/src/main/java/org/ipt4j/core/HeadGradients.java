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

  private final Heads heads;
  private final INDArray dy;
  private final INDArray weights;
  private final INDArray sums;

  /**
   * What went in and what flows back.
   *
   * @param dy [N,S,D]
   * @param weights the softmax [N,A,S,S']
   * @param sums of dy ∘ y over each head's columns [N,S,A]
   */
  HeadGradients(Heads heads, INDArray dy, INDArray weights, INDArray sums) {
    this.heads = heads;
    this.dy = dy;
    this.weights = weights;
    this.sums = sums;
  }

  /** Adds to the gradients; null where none is wanted. */
  void addTo(Variable.Target dq, Variable.Target dk, Variable.Target dv) {
    int all = heads.count();
    int shares = Math.min(all, 2 * Workers.count()); // of each, its own slopes
    INDArray slopes = Kernels.uninitialized(DataType.FLOAT, shares, heads.scores());
    FloatBuffer p = buffer(weights);
    FloatBuffer dz = buffer(slopes);
    FloatBuffer rowSums = buffer(sums);
    Blas.singleThreaded(
        () ->
            Workers.run(
                all,
                shares,
                (share, from, end) -> {
                  Loop loop = new Loop(p, dz, rowSums, share);
                  for (int i = from; i < end; i++) {
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
    int queries = heads.queries();
    int keys = heads.keys();
    int width = heads.width();
    double factor = heads.factor();
    Blas.Matrix q = heads.columns(heads.q(), i);
    Blas.Matrix k = heads.columns(heads.k(), i);
    Blas.Matrix v = heads.columns(heads.v(), i);
    Blas.Matrix slope = heads.columns(dy, i);
    Blas.Matrix p = new Blas.Matrix(weights, i * heads.scores(), keys);
    Blas.Matrix dz = new Blas.Matrix(slopes, share * heads.scores(), keys);
    Blas.multiply(queries, keys, width, slope, false, v, true, 1, 0, dz);
    loop.run(i);
    // in this order: if two of them are one variable, the first one overwrites
    if (dq != null) {
      Blas.Matrix to = heads.columns(dq.array(), i);
      Blas.multiply(queries, width, keys, dz, false, k, false, factor, dq.beta(), to);
    }
    if (dk != null) {
      Blas.Matrix to = heads.columns(dk.array(), i);
      Blas.multiply(keys, width, queries, dz, true, q, false, factor, dk.beta(), to);
    }
    if (dv != null) {
      Blas.Matrix to = heads.columns(dv.array(), i);
      Blas.multiply(keys, width, queries, p, true, slope, false, 1, dv.beta(), to);
    }
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
    private final int queries = heads.queries();
    private final int keys = heads.keys();
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
          int sum =
              (i / heads.perSample() * queries + row + r) * heads.perSample()
                  + i % heads.perSample();
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
