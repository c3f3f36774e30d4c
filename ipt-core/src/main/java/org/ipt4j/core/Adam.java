package org.ipt4j.core;

/**
 * The settings of one step of Adam (Kingma and Ba, 2015, algorithm 1; {@link Device#adam}).
 *
 * @param rate learning rate
 * @param beta1 β₁, the decay of the gradients' mean
 * @param beta2 β₂, the decay of the squared gradients' mean
 * @param epsilon ε, added to the root of that mean
 * @param step t, from 1
 */
public record Adam(double rate, double beta1, double beta2, double epsilon, int step) {
  /** 1−β₁, the new gradient's share of the mean: to be rounded after the subtraction. */
  public double freshMean() {
    return 1 - beta1;
  }

  /** 1−β₂, the new square's share: with β₂ = 0.999, a float's is 1.3e-5 of itself too small. */
  public double freshSquare() {
    return 1 - beta2;
  }

  /** The factor of the gradients' mean: rate / (1−β₁ᵗ). */
  public double meanFactor() {
    return rate / (1 - Math.pow(beta1, step));
  }

  /** The factor of the squared gradients' mean: 1 / (1−β₂ᵗ). */
  public double squareFactor() {
    return 1 / (1 - Math.pow(beta2, step));
  }
}
