package org.ipt4j.core;

/**
 * A step of Adam (Kingma and Ba, 2015, algorithm 1; {@link Device#adam}).
 *
 * @param rate of learning
 * @param beta1 of the gradients' mean
 * @param beta2 of their squares' mean
 * @param epsilon beside the root of that
 * @param step t, from 1
 */
public record Adam(double rate, double beta1, double beta2, double epsilon, int step) {
  /** What the mean is multiplied by: rate / (1−β₁ᵗ). */
  double meanFactor() {
    return rate / (1 - Math.pow(beta1, step));
  }

  /** What the squares' mean is multiplied by: 1 / (1−β₂ᵗ). */
  double squareFactor() {
    return 1 / (1 - Math.pow(beta2, step));
  }
}
