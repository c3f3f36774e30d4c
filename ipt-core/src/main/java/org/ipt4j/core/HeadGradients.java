package org.ipt4j.core;

import java.nio.FloatBuffer;
import java.util.function.IntFunction;
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
  private final IntFunction<Blas.Matrix> q;
  private final IntFunction<Blas.Matrix> k;
  private final IntFunction<Blas.Matrix> v;
  private final IntFunction<Blas.Matrix> dy;
  private final IntFunction<Blas.Matrix> p;
  private final FloatBuffer weights;
  private final FloatBuffer sums;

  /**
   * What went in and what flows back.
   *
   * @param dy [N,S,D]
   * @param weights the softmax [N,A,S,S']
   * @param sums of dy ∘ y over each head's columns [N,S,A]
   */
  HeadGradients(Heads heads, INDArray dy, INDArray weights, INDArray sums) {
    this.heads = heads;
    q = heads.columns(heads.q());
    k = heads.columns(heads.k());
    v = heads.columns(heads.v());
    this.dy = heads.columns(dy);
    p = heads.matrices(weights);
    this.weights = buffer(weights);
    this.sums = buffer(sums);
  }

  /** Adds to the gradients; null where none is wanted. */
  void addTo(Variable.Target dq, Variable.Target dk, Variable.Target dv) {
    int all = heads.count();
    int shares = Math.min(all, 2 * Workers.count()); // of each, its own slopes
    INDArray slopes = Kernels.uninitialized(DataType.FLOAT, shares, heads.scores());
    Gradient ofQueries = gradient(dq);
    Gradient ofKeys = gradient(dk);
    Gradient ofValues = gradient(dv);
    Blas.singleThreaded(
        () ->
            Workers.run(
                all,
                shares,
                (share, from, end) -> {
                  Slopes dz = new Slopes(slopes, share);
                  for (int i = from; i < end; i++) {
                    head(i, dz, ofQueries, ofKeys, ofValues);
                  }
                }));
  }

  /** Where a head's gradient goes, and whether it is added to what is there (1) or not (0). */
  private record Gradient(IntFunction<Blas.Matrix> array, double beta) {}

  private Gradient gradient(Variable.Target target) {
    return target == null ? null : new Gradient(heads.columns(target.array()), target.beta());
  }

  private void head(int i, Slopes slopes, Gradient dq, Gradient dk, Gradient dv) {
    int queries = heads.queries();
    int keys = heads.keys();
    int width = heads.width();
    double factor = heads.factor();
    Blas.Matrix dz = slopes.matrix;
    Blas.multiply(queries, keys, width, dy.apply(i), false, v.apply(i), true, 1, 0, dz);
    slopes.throughSoftmax(i);
    // in this order: if two of them are one variable, the first one overwrites
    if (dq != null) {
      Blas.Matrix to = dq.array().apply(i);
      Blas.multiply(queries, width, keys, dz, false, k.apply(i), false, factor, dq.beta(), to);
    }
    if (dk != null) {
      Blas.Matrix to = dk.array().apply(i);
      Blas.multiply(keys, width, queries, dz, true, q.apply(i), false, factor, dk.beta(), to);
    }
    if (dv != null) {
      Blas.Matrix to = dv.array().apply(i);
      Blas.multiply(keys, width, queries, p.apply(i), true, dy.apply(i), false, 1, dv.beta(), to);
    }
  }

  private static FloatBuffer buffer(INDArray x) {
    return Kernels.floats(x).capacity(x.length()).asBuffer();
  }

  /** The gradient of one head's scores, in memory of a share's own. */
  private final class Slopes {
    private final Blas.Matrix matrix;
    private final FloatBuffer numbers;
    private final int at; // in numbers
    private final int queries = heads.queries();
    private final int keys = heads.keys();
    private final int step = Math.max(1, BLOCK / keys); // rows

    Slopes(INDArray slopes, int share) {
      matrix = heads.matrices(slopes).apply(share);
      numbers = buffer(slopes);
      at = share * queries * keys;
    }

    /** dz = p ∘ (dz − sums), in place, for the rows of head {@code i}. */
    void throughSoftmax(int i) {
      float[] dz = Scratch.floats(0, step * keys);
      float[] p = Scratch.floats(1, step * keys);
      for (int row = 0; row < queries; row += step) {
        int count = Math.min(step, queries - row);
        weights.get((i * queries + row) * keys, p, 0, count * keys);
        numbers.get(at + row * keys, dz, 0, count * keys);
        for (int r = 0; r < count; r++) {
          int sum =
              (i / heads.perSample() * queries + row + r) * heads.perSample()
                  + i % heads.perSample();
          slope(dz, p, r * keys, keys, sums.get(sum));
        }
        numbers.put(at + row * keys, dz, 0, count * keys);
      }
    }

    private static void slope(float[] dz, float[] p, int from, int n, float sum) {
      for (int j = from; j < from + n; j++) {
        dz[j] = (dz[j] - sum) * p[j];
      }
    }
  }
}
