package org.ipt4j.contrastive;

import org.ipt4j.core.Arena;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Draws the patches of one image together and those of different images apart (Chen et al., 2021,
 * §3.2), by the cosine similarity d of their features after the decoder, [N,S,D]; N at least 2.
 *
 * <p>{@link ContrastiveForm#PAPER}, over images j and positions a, b: L = 1/(N·S²) Σ −log(exp
 * d(f_a^j, f_b^j) / Σ_{k≠j} exp d(f_a^j, f_b^k)).
 *
 * <p>{@link ContrastiveForm#SUPCON}: every patch i is an anchor, its positives the other patches of
 * its image, the denominator all other patches, with temperature τ: L = mean_i mean_p −log(exp(d(i,
 * p)/τ) / Σ_{a≠i} exp(d(i, a)/τ)); S at least 2.
 *
 * <p>The similarities [NS,NS] are never held as a whole: one image's rows [S,NS] at a time, once
 * forward, and their slopes at the same time, so that going back is two products.
 */
public final class ContrastiveLoss {
  private static final double TEMPERATURE = 0.07;
  private static final double NORM_EPSILON =
      1e-24; // of the squared norm: an all-zero token stays zero

  private ContrastiveLoss() {}

  /**
   * The loss of {@code features} [N,S,D], a scalar [1].
   *
   * @throws IllegalArgumentException if there are fewer than two images
   */
  public static Variable of(Tape tape, Variable features, ContrastiveForm form) {
    long n = features.size(0);
    long s = features.size(1);
    long d = features.size(2);
    if (n < 2) {
      throw new IllegalArgumentException(
          "the contrastive loss compares images: it expects a batch of at least 2, got " + n);
    }
    if (form == ContrastiveForm.SUPCON && s < 2) {
      throw new IllegalArgumentException(
          "the SUPCON loss expects at least 2 patches an image, got " + s);
    }
    INDArray unit = tape.array(n * s, d); // f / ‖f‖
    INDArray inverseNorm = tape.array(n * s, 1);
    INDArray slope = tape.array(n * s, d); // d loss / d unit
    double loss = 0;
    try (Arena scratch = tape.scratch()) {
      normalise(features.value().reshape('c', n * s, d), unit, inverseNorm);
      slope.assign(0);
      INDArray similarity = tape.array(s, n * s); // of image j's patches to all
      INDArray similaritySlope = tape.array(s, n * s);
      for (int j = 0; j < n; j++) {
        INDArray own = image(unit, j, s);
        Kernels.matmul(own, false, unit, true, 1, 0, similarity);
        loss +=
            form == ContrastiveForm.PAPER
                ? paper(tape, similarity, similaritySlope, j, n, s)
                : supcon(tape, similarity, similaritySlope, j, n, s);
        Kernels.matmul(similaritySlope, false, unit, false, 1, 1, image(slope, j, s));
        Kernels.matmul(similaritySlope, true, own, false, 1, 1, slope);
      }
    }
    return tape.record(
        tape.array(1).assign(loss),
        dy ->
            features.receive(
                throughNorm(tape, unit, inverseNorm, slope, dy.getDouble(0), features.shape())),
        features);
  }

  /** unit = x / ‖x‖, row by row. */
  private static void normalise(INDArray x, INDArray unit, INDArray inverseNorm) {
    Kernels.multiply(x, x, unit);
    Kernels.sumRows(unit, 1, inverseNorm);
    Kernels.inverseRoot(inverseNorm, NORM_EPSILON);
    Kernels.multiply(x, inverseNorm, unit);
  }

  // With u = x/‖x‖: dx = (du − u · (u·du)) / ‖x‖
  private static INDArray throughNorm(
      Tape tape, INDArray unit, INDArray inverseNorm, INDArray slope, double dy, long[] shape) {
    INDArray dx = tape.array(unit.shape());
    INDArray along = tape.array(unit.size(0), 1);
    Kernels.multiply(unit, slope, dx);
    Kernels.sumRows(dx, 1, along);
    Kernels.multiply(unit, along, dx);
    Kernels.subtract(slope, dx, dx);
    Kernels.multiply(dx, inverseNorm, dx);
    return dx.muli(dy).reshape('c', shape);
  }

  private static INDArray image(INDArray x, long j, long s) {
    long d = x.size(1);
    return Kernels.view(x, j * s * d, new long[] {s, d}, new long[] {d, 1});
  }

  /**
   * Image j's part of the loss: −d[a,j,b] + log Σ_{k≠j} exp d[a,k,b], summed over a and b; slope =
   * d loss / d similarity: −1 at k = j, softmax over k ≠ j elsewhere.
   *
   * @param similarity d [S,NS], that is [a,k,b]
   */
  private static double paper(
      Tape tape, INDArray similarity, INDArray slope, int j, long n, long s) {
    double weight = 1.0 / (n * s * s);
    INDArray sum = tape.array(s, s).assign(0); // over k ≠ j
    slope.assign(similarity);
    Transforms.exp(slope, false);
    for (int k = 0; k < n; k++) {
      if (k != j) {
        sum.addi(columns(slope, k, s));
      }
    }
    for (int k = 0; k < n; k++) {
      if (k != j) {
        columns(slope, k, s).divi(sum).muli(weight);
      }
    }
    columns(slope, j, s).assign(-weight);
    double own = columns(similarity, j, s).sumNumber().doubleValue();
    return weight * (Transforms.log(sum, false).sumNumber().doubleValue() - own);
  }

  /**
   * Image j's part of the loss: over its anchors a, log Σ_{c≠a} exp(d[a,c]/τ) − mean over its other
   * patches p of d[a,p]/τ; slope: (softmax over c ≠ a − 1/(S−1) at the positives)/τ.
   */
  private static double supcon(
      Tape tape, INDArray similarity, INDArray slope, int j, long n, long s) {
    double weight = 1.0 / (n * s);
    INDArray sums = tape.array(s, 1);
    slope.assign(similarity).muli(1 / TEMPERATURE);
    INDArray itself = diagonal(slope, j, s);
    double own = columns(slope, j, s).sumNumber().doubleValue() - itself.sumNumber().doubleValue();
    slope.subi(1 / TEMPERATURE); // no cosine is above 1: exp cannot overflow
    Transforms.exp(slope, false);
    itself.assign(0);
    Kernels.sumRows(slope, 1, sums);
    slope.diviColumnVector(sums);
    columns(slope, j, s).subi(1.0 / (s - 1));
    itself.assign(0);
    slope.muli(weight / TEMPERATURE);
    double denominators = Transforms.log(sums, false).sumNumber().doubleValue() + s / TEMPERATURE;
    return weight * (denominators - own / (s - 1));
  }

  private static INDArray columns(INDArray x, long k, long s) {
    return Kernels.view(x, k * s, new long[] {s, s}, new long[] {x.size(1), 1});
  }

  private static INDArray diagonal(INDArray x, long k, long s) {
    return Kernels.view(x, k * s, new long[] {s}, new long[] {x.size(1) + 1});
  }
}
