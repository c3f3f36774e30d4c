package org.ipt4j.core;

import org.bytedeco.javacpp.FloatPointer;

/** A step of Adam in one pass over its vectors, on all processors. */
final class AdamPass {
  private AdamPass() {}

  /** Does what {@link Device#adam} says. */
  static void run(Adam step, Array w, Array g, Array m, Array v) {
    float factor = (float) step.meanFactor();
    float correction = (float) step.squareFactor();
    float epsilon = (float) step.epsilon();
    Blocks.run(
        w.length(),
        () -> {
          FloatPointer values = CpuDevice.floats(w);
          FloatPointer gradients = CpuDevice.floats(g);
          FloatPointer means = CpuDevice.floats(m);
          FloatPointer squares = CpuDevice.floats(v);
          float[] value = Scratch.floats(0, Blocks.SIZE);
          float[] gradient = Scratch.floats(1, Blocks.SIZE);
          float[] mean = Scratch.floats(2, Blocks.SIZE);
          float[] square = Scratch.floats(3, Blocks.SIZE);
          return (from, length) -> {
            gradients.position(from).get(gradient, 0, length);
            means.position(from).get(mean, 0, length);
            average(mean, gradient, step.beta1(), step.freshMean(), length);
            means.position(from).put(mean, 0, length);
            square(gradient, length);
            squares.position(from).get(square, 0, length);
            average(square, gradient, step.beta2(), step.freshSquare(), length);
            squares.position(from).put(square, 0, length);
            values.position(from).get(value, 0, length);
            move(value, mean, square, factor, correction, epsilon, length);
            values.position(from).put(value, 0, length);
          };
        });
  }

  private static void average(float[] mean, float[] x, double beta, double fresh, int length) {
    float kept = (float) beta;
    float added = (float) fresh;
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
