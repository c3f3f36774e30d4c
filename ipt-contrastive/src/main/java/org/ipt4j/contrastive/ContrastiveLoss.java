package org.ipt4j.contrastive;

import org.ipt4j.core.Arena;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Kept;
import org.ipt4j.core.Operation;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/**
 * Pulls the patches of one image together and pushes those of different images apart (Chen et al.,
 * 2021, §3.2), by the cosine similarity d of their features after the decoder, [N,S,D]; N at least
 * 2.
 *
 * <p>{@link ContrastiveForm#PAPER}, over images j and positions a, b: L = 1/(N·S²) Σ −log(exp
 * d(f_a^j, f_b^j) / Σ_{k≠j} exp d(f_a^j, f_b^k)).
 *
 * <p>{@link ContrastiveForm#SUPCON}: every patch i is an anchor, its positives are the other
 * patches of its image, the denominator has all other patches, with temperature τ: L = mean_i
 * mean_p −log(exp(d(i, p)/τ) / Σ_{a≠i} exp(d(i, a)/τ)); S at least 2.
 *
 * <p>The similarities [NS,NS] are never held as a whole. The forward pass makes one image's rows
 * [S,NS] at a time and from them, by two products, the gradient of the normalised features; the
 * backward pass only goes through the normalisation.
 */
public final class ContrastiveLoss {
  private static final double TEMPERATURE = 0.07;
  private static final double NORM_EPSILON =
      1e-24; // of the squared norm: an all-zero token stays zero

  private ContrastiveLoss() {}

  /**
   * The loss of {@code features} [N,S,D], a scalar [1].
   *
   * @throws IllegalArgumentException if there are fewer than two images, or for {@link
   *     ContrastiveForm#SUPCON} fewer than two patches per image
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
    Device device = tape.device();
    Array unit = tape.array(n * s, d); // f / ‖f‖
    Array inverseNorm = tape.array(n * s, 1);
    Array slope = tape.array(n * s, d); // d loss / d unit
    double loss = 0;
    try (Arena scratch = tape.scratch()) {
      normalise(features.value().reshape(n * s, d), unit, inverseNorm);
      device.fill(slope, 0);
      Array similarity = tape.array(s, n * s); // of image j's patches to all
      Array similaritySlope = tape.array(s, n * s);
      for (int j = 0; j < n; j++) {
        Array own = image(unit, j, s);
        device.matmul(own, unit.transposed(), 1, 0, similarity);
        loss +=
            form == ContrastiveForm.PAPER
                ? paper(similarity, similaritySlope, j, n, s)
                : supcon(similarity, similaritySlope, j, n, s);
        device.matmul(similaritySlope, unit, 1, 1, image(slope, j, s));
        device.matmul(similaritySlope.transposed(), own, 1, 1, slope);
      }
    }
    return tape.record(
        Operation.of("contrastiveLoss", "form", form).multiplying(3 * n * s * n * s * d),
        device.filled(loss, 1),
        Kept.NOTHING,
        dy ->
            features.receive(
                throughNorm(unit, inverseNorm, slope, device.number(dy), features.shape())),
        features);
  }

  /** unit = x / ‖x‖, row by row. */
  private static void normalise(Array x, Array unit, Array inverseNorm) {
    Device device = x.device();
    device.multiply(x, x, unit);
    device.sumRows(unit, 1, inverseNorm);
    device.inverseRoot(inverseNorm, NORM_EPSILON);
    device.multiply(x, inverseNorm, unit);
  }

  // With u = x/‖x‖: dx = (du − u · (u·du)) / ‖x‖
  private static Array throughNorm(
      Array unit, Array inverseNorm, Array slope, double dy, long[] shape) {
    Device device = unit.device();
    Array dx = device.array(unit.shape());
    Array along = device.array(unit.size(0), 1);
    device.multiply(unit, slope, dx);
    device.sumRows(dx, 1, along);
    device.multiply(unit, along, dx);
    device.subtract(slope, dx, dx);
    device.multiply(dx, inverseNorm, dx);
    device.scale(dx, dy, dx);
    return dx.reshape(shape);
  }

  private static Array image(Array x, long j, long s) {
    long d = x.size(1);
    return x.view(j * s * d, new long[] {s, d}, new long[] {d, 1});
  }

  /**
   * Image j's part of the loss: −d[a,j,b] + log Σ_{k≠j} exp d[a,k,b], summed over a and b; slope =
   * d loss / d similarity: −1 at k = j, softmax over k ≠ j elsewhere.
   *
   * @param similarity d [S,NS], that is [a,k,b]
   */
  private static double paper(Array similarity, Array slope, int j, long n, long s) {
    double weight = 1.0 / (n * s * s);
    Device device = slope.device();
    Array sum = device.filled(0, s, s); // over k ≠ j
    device.copy(similarity, slope);
    device.exp(slope);
    for (int k = 0; k < n; k++) {
      if (k != j) {
        device.add(sum, columns(slope, k, s), sum);
      }
    }
    for (int k = 0; k < n; k++) {
      if (k != j) {
        Array part = columns(slope, k, s);
        device.divide(part, sum, part);
        device.scale(part, weight, part);
      }
    }
    device.fill(columns(slope, j, s), -weight);
    double own = device.sum(columns(similarity, j, s));
    device.log(sum);
    return weight * (device.sum(sum) - own);
  }

  /**
   * Image j's part of the loss: over its anchors a, log Σ_{c≠a} exp(d[a,c]/τ) − mean over its other
   * patches p of d[a,p]/τ; slope: (softmax over c ≠ a − 1/(S−1) at the positives)/τ.
   */
  private static double supcon(Array similarity, Array slope, int j, long n, long s) {
    double weight = 1.0 / (n * s);
    Device device = slope.device();
    Array sums = device.array(s, 1);
    device.scale(similarity, 1 / TEMPERATURE, slope);
    Array itself = diagonal(slope, j, s);
    double own = device.sum(columns(slope, j, s)) - device.sum(itself);
    device.shift(slope, -1 / TEMPERATURE); // no cosine is above 1: exp cannot overflow
    device.exp(slope);
    device.fill(itself, 0);
    device.sumRows(slope, 1, sums);
    device.divide(slope, sums, slope);
    device.shift(columns(slope, j, s), -1.0 / (s - 1));
    device.fill(itself, 0);
    device.scale(slope, weight / TEMPERATURE, slope);
    device.log(sums);
    double denominators = device.sum(sums) + s / TEMPERATURE;
    return weight * (denominators - own / (s - 1));
  }

  private static Array columns(Array x, long k, long s) {
    return x.view(k * s, new long[] {s, s}, new long[] {x.size(1), 1});
  }

  private static Array diagonal(Array x, long k, long s) {
    return x.view(k * s, new long[] {s}, new long[] {x.size(1) + 1});
  }
}
