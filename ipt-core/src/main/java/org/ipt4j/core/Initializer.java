package org.ipt4j.core;

import java.util.random.RandomGenerator;

/**
 * The initial values of a parameter, one after another, drawn from the parameter's own generator.
 */
@FunctionalInterface
public interface Initializer {
  /** The next element's value. */
  double next(RandomGenerator random);

  /** Every element {@code value}. */
  static Initializer constant(double value) {
    return random -> value;
  }

  /**
   * Uniform in ±1/√fanIn: PyTorch's default for the weights and biases of linear and convolution
   * layers (Kaiming-uniform with a = √5).
   */
  static Initializer kaimingUniform(long fanIn) {
    double bound = 1 / Math.sqrt(fanIn);
    return random -> (2 * random.nextDouble() - 1) * bound;
  }

  /** Normal with mean 0 and standard deviation 1: PyTorch's default for embeddings. */
  static Initializer standardNormal() {
    return RandomGenerator::nextGaussian;
  }
}
