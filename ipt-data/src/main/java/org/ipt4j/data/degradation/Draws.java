package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;

/** Distributions that {@link RandomGenerator} lacks. */
final class Draws {
  private Draws() {}

  /**
   * A Poisson number: by multiplication for small means, else by transformed rejection (W. Hörmann,
   * "The transformed rejection method for generating Poisson random variables", 1993, PTRS).
   */
  static int poisson(RandomGenerator random, double mean) {
    if (mean < 10) {
      double limit = Math.exp(-mean);
      int count = 0;
      for (double product = random.nextDouble(); product > limit; count++) {
        product *= random.nextDouble();
      }
      return count;
    }
    double root = Math.sqrt(mean);
    double b = 0.931 + 2.53 * root;
    double a = -0.059 + 0.02483 * b;
    double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    double v0 = 0.9277 - 3.6224 / (b - 2);
    while (true) {
      double u = random.nextDouble() - 0.5;
      double v = random.nextDouble();
      double us = 0.5 - Math.abs(u);
      double k = Math.floor((2 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= v0) {
        return (int) k;
      }
      if (k < 0 || us < 0.013 && v > us) {
        continue;
      }
      double accepted = k * Math.log(mean) - mean - logFactorial(k);
      if (Math.log(v * inverseAlpha / (a / (us * us) + b)) <= accepted) {
        return (int) k;
      }
    }
  }

  // Stirling's series, exact to 1e-9 from 10 on; smaller ones by the product
  private static double logFactorial(double k) {
    if (k < 10) {
      double product = 1;
      for (int i = 2; i <= k; i++) {
        product *= i;
      }
      return Math.log(product);
    }
    double n = k + 1;
    return (n - 0.5) * Math.log(n)
        - n
        + 0.5 * Math.log(2 * Math.PI)
        + 1 / (12 * n)
        - 1 / (360 * n * n * n)
        + 1 / (1260 * n * n * n * n * n);
  }
}
