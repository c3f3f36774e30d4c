package org.ipt4j.core;

import java.util.function.IntFunction;
import org.bytedeco.javacpp.FloatPointer;

/** The operands of attention in the form BLAS takes: one matrix per head. */
final class HeadMatrices {
  private HeadMatrices() {}

  /** Whether one Java buffer can hold the scores of all heads. */
  static boolean support(AttentionHeads heads) {
    return heads.count() * heads.scores() <= Integer.MAX_VALUE / Float.BYTES;
  }

  /** The columns of x [N,...,D] that belong to each head. */
  static IntFunction<Blas.Matrix> columns(AttentionHeads heads, Array x) {
    FloatPointer first = CpuDevice.floats(x);
    long sample = x.stride(0);
    int stride = (int) x.stride(1);
    int perSample = heads.perSample();
    int width = heads.width();
    return i ->
        new Blas.Matrix(first, i / perSample * sample + (long) i % perSample * width, stride);
  }

  /** The matrices [S,S'] that lie one after another in x. */
  static IntFunction<Blas.Matrix> scores(AttentionHeads heads, Array x) {
    FloatPointer first = CpuDevice.floats(x);
    long scores = heads.scores();
    int keys = heads.keys();
    return i -> new Blas.Matrix(first, i * scores, keys);
  }
}
