package org.ipt4j.core;

import java.util.function.IntFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What attention multiplies, as matrices of single heads: head i % A of sample i / A.
 *
 * @param q queries [N,S,D], perhaps columns of a wider array, like k and v
 * @param k keys [N,S',D]
 * @param v values [N,S',D]
 * @param perSample A, which divides D
 * @param factor of q·kᵀ
 */
record Heads(INDArray q, INDArray k, INDArray v, int perSample, double factor) {
  private static final boolean OPEN_BLAS = Blas.isPossible();

  /** Whether this machine, ND4J's backend and the size of the softmax allow work by heads. */
  boolean areApart() {
    return OPEN_BLAS
        && q.dataType() == DataType.FLOAT
        && count() * scores() <= Integer.MAX_VALUE / Float.BYTES; // a buffer's limit
  }

  /** N·A. */
  int count() {
    return (int) q.size(0) * perSample;
  }

  /** S. */
  int queries() {
    return (int) q.size(1);
  }

  /** S'. */
  int keys() {
    return (int) k.size(1);
  }

  /** S·S', the scores of a head. */
  long scores() {
    return q.size(1) * k.size(1);
  }

  /** D/A. */
  int width() {
    return (int) q.size(2) / perSample;
  }

  /** The columns of x [N,...,D] that belong to each head. */
  IntFunction<Blas.Matrix> columns(INDArray x) {
    FloatPointer first = Kernels.floats(x);
    long sample = x.stride(0);
    int stride = x.stride(1);
    int width = width();
    return i ->
        new Blas.Matrix(first, i / perSample * sample + (long) i % perSample * width, stride);
  }

  /** Matrices [S,S'] that lie in x one behind the other. */
  IntFunction<Blas.Matrix> matrices(INDArray x) {
    FloatPointer first = Kernels.floats(x);
    long scores = scores();
    int keys = keys();
    return i -> new Blas.Matrix(first, i * scores, keys);
  }
}
