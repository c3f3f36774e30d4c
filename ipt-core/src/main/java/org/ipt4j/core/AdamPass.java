package org.ipt4j.core;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A step of Adam (Kingma and Ba, 2015, algorithm 1) in one pass over its vectors, on all
 * processors.
 *
 * @param rate of learning
 * @param beta1 of the gradients' mean
 * @param beta2 of their squares' mean
 * @param epsilon beside the root of that
 * @param step t, from 1
 */
public record AdamPass(double rate, double beta1, double beta2, double epsilon, int step) {
  /** Whether vectors such as {@code x} can be gone through: floats on the processor. */
  public static boolean takes(INDArray x) {
    return Kernels.isAddressable(x);
  }

  /**
   * m = β₁·m + (1−β₁)·g, v = β₂·v + (1−β₂)·g², w = w − rate · m̂ / (√v̂ + ε), where m̂ = m/(1−β₁ᵗ)
   * and v̂ = v/(1−β₂ᵗ). All are of one length and lie in one piece.
   */
  public void run(INDArray w, INDArray g, INDArray m, INDArray v) {
    float factor = (float) (rate / (1 - Math.pow(beta1, step)));
    float correction = (float) (1 / (1 - Math.pow(beta2, step)));
    Blocks.run(
        w.length(),
        () -> {
          FloatPointer values = Kernels.floats(w);
          FloatPointer gradients = Kernels.floats(g);
          FloatPointer means = Kernels.floats(m);
          FloatPointer squares = Kernels.floats(v);
          float[] value = Scratch.floats(0, Blocks.SIZE);
          float[] gradient = Scratch.floats(1, Blocks.SIZE);
          float[] mean = Scratch.floats(2, Blocks.SIZE);
          float[] square = Scratch.floats(3, Blocks.SIZE);
          return (from, length) -> {
            gradients.position(from).get(gradient, 0, length);
            means.position(from).get(mean, 0, length);
            average(mean, gradient, beta1, length);
            means.position(from).put(mean, 0, length);
            square(gradient, length);
            squares.position(from).get(square, 0, length);
            average(square, gradient, beta2, length);
            squares.position(from).put(square, 0, length);
            values.position(from).get(value, 0, length);
            move(value, mean, square, factor, correction, (float) epsilon, length);
            values.position(from).put(value, 0, length);
          };
        });
  }

  private static void average(float[] mean, float[] x, double beta, int length) {
    float kept = (float) beta;
    float added = (float) (1 - beta); // 1 − 0.999f would be 5e-5 of itself too large
    for (int i = 0; i < length; i++) {
      mean[i] = kept * mean[i] + added * x[i];
    }
  }

  private static void square(float[] x, int length) {
    for (int i = 0; i < length; i++) {
      x[i] *= x[i];
    }
  }

  private static void move(
      float[] w, float[] m, float[] v, float factor, float correction, float epsilon, int length) {
    for (int i = 0; i < length; i++) {
      w[i] -= factor * m[i] / ((float) Math.sqrt(correction * v[i]) + epsilon);
    }
  }
}
