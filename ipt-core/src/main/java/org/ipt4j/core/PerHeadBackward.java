package org.ipt4j.core;

import java.nio.FloatBuffer;
import java.util.function.IntFunction;

/**
 * The backward pass of attention, head by head: a head's scores are made, used and dropped while
 * they are in one processor's cache, where BLAS multiplies twice as fast as from memory. In
 * between, a few rows at a time are copied to heap arrays, over which the virtual machine
 * vectorises loops. For the same arrays the results are bit-identical.
 */
final class PerHeadBackward {
  private static final int BLOCK = 4096; // numbers worked on at a time, unless a row is longer

  private final AttentionHeads heads;
  private final IntFunction<Blas.Matrix> q;
  private final IntFunction<Blas.Matrix> k;
  private final IntFunction<Blas.Matrix> v;
  private final IntFunction<Blas.Matrix> dy;
  private final IntFunction<Blas.Matrix> p;
  private final FloatBuffer weights;
  private final FloatBuffer sums;

  /**
   * Takes attention's inputs and the gradient of its output.
   *
   * @param dy [N,S,D]
   * @param weights the softmax [N,A,S,S']
   * @param sums the sums of dy ∘ y over each head's columns [N,S,A]
   */
  PerHeadBackward(AttentionHeads heads, Array dy, Array weights, Array sums) {
    this.heads = heads;
    q = HeadMatrices.columns(heads, heads.q());
    k = HeadMatrices.columns(heads, heads.k());
    v = HeadMatrices.columns(heads, heads.v());
    this.dy = HeadMatrices.columns(heads, dy);
    p = HeadMatrices.scores(heads, weights);
    this.weights = buffer(weights);
    this.sums = buffer(sums);
  }

  /** Adds to the gradients; null where none is wanted. */
  void addTo(Variable.Target dq, Variable.Target dk, Variable.Target dv) {
    int all = heads.count();
    int shares = Math.min(all, 2 * Workers.count()); // of each, its own slopes
    Array slopes = heads.q().device().array(shares, heads.scores());
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

  /**
   * The place of a head's gradient, and whether it is added to what is there (beta 1) or not (0).
   */
  private record Gradient(IntFunction<Blas.Matrix> array, double beta) {}

  private Gradient gradient(Variable.Target target) {
    return target == null
        ? null
        : new Gradient(HeadMatrices.columns(heads, target.array()), target.beta());
  }

  private void head(int i, Slopes slopes, Gradient dq, Gradient dk, Gradient dv) {
    int queries = heads.queries();
    int keys = heads.keys();
    int width = heads.width();
    double factor = heads.factor();
    Blas.Matrix dz = slopes.matrix;
    Blas.multiply(queries, keys, width, dy.apply(i), v.apply(i).transposed(), 1, 0, dz);
    slopes.throughSoftmax(i);
    // in this order: if two of them are one variable, the first one overwrites
    if (dq != null) {
      Blas.Matrix to = dq.array().apply(i);
      Blas.multiply(queries, width, keys, dz, k.apply(i), factor, dq.beta(), to);
    }
    if (dk != null) {
      Blas.Matrix to = dk.array().apply(i);
      Blas.multiply(keys, width, queries, dz.transposed(), q.apply(i), factor, dk.beta(), to);
    }
    if (dv != null) {
      Blas.Matrix to = dv.array().apply(i);
      Blas.multiply(keys, width, queries, p.apply(i).transposed(), dy.apply(i), 1, dv.beta(), to);
    }
  }

  private static FloatBuffer buffer(Array x) {
    return CpuDevice.floats(x).capacity(x.length()).asBuffer();
  }

  /** The gradient of one head's scores, in memory that belongs to one share of the heads. */
  private final class Slopes {
    private final Blas.Matrix matrix;
    private final FloatBuffer numbers;
    private final int at; // in numbers
    private final int queries = heads.queries();
    private final int keys = heads.keys();
    private final int step = Math.max(1, BLOCK / keys); // rows

    Slopes(Array slopes, int share) {
      matrix = HeadMatrices.scores(heads, slopes).apply(share);
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
