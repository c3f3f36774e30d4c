package org.ipt4j.cuda;

/** What a card multiplies with. Sums, weights and all else are float32 in each. */
public enum Arithmetic {
  /** float32. */
  FLOAT32,

  /**
   * Factors of products are rounded to TF32: 10 bits of mantissa instead of 23. Before compute
   * capability 8.0 this is {@link #FLOAT32}.
   */
  TF32,

  /**
   * The factors of the body's products, and what lies between them, are bfloat16: 7 bits of
   * mantissa, half the memory. The residual stream, heads and tails are float32, and the latter are
   * multiplied as in {@link #TF32}. From compute capability 8.0 on.
   */
  BF16
}
