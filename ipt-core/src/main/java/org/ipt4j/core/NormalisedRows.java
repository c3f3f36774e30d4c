package org.ipt4j.core;

/**
 * The arrays of a layer normalisation: y = x̂ ∘ gain + bias with x̂ = (x − mean) · inverse. All are
 * contiguous.
 *
 * @param x [R,D]
 * @param gain [D]
 * @param bias [D]
 * @param y [R,D]
 * @param mean of each row [R,1]
 * @param inverse of each row, 1/√(variance + ε) [R,1], the variance with 1/D
 */
public record NormalisedRows(Array x, Array gain, Array bias, Array y, Array mean, Array inverse) {}
