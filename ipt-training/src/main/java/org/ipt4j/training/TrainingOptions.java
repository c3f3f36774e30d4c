package org.ipt4j.training;

import java.util.Locale;

/**
 * What may be added to the published way of training.
 *
 * @param loss of the restored image against the clean one
 * @param clipping the largest global norm of a step's gradients (Pascanu et al., 2013): larger ones
 *     are scaled down to it; 0 for no limit
 * @param accumulation into how many parts a batch is cut, which pass one after the other and whose
 *     gradients are added: memory for one part only; at most as many as the batch has patches. The
 *     contrastive loss then compares within a part, which needs two patches.
 * @param averaging the decay of an exponential moving average of the weights, which is what is
 *     validated and restored with; in step t at most (1 + t) / (10 + t), so that early weights are
 *     soon forgotten; 0 for none
 * @param weightDecay what part of a matrix' or kernel's weights, times the learning rate, is taken
 *     off in each step, apart from the gradients (Loshchilov and Hutter, 2019: AdamW); biases and
 *     norms are spared; 0 for none
 * @param recomputation whether the transformer's layers are computed again on the way back instead
 *     of kept; changes memory and time, not results
 * @param bodyFrozen whether the body rests, so that only heads, embeddings and tails are trained
 */
public record TrainingOptions(
    Loss loss,
    double clipping,
    int accumulation,
    double averaging,
    double weightDecay,
    boolean recomputation,
    boolean bodyFrozen) {

  /** The published way: L1 and nothing added. */
  public static final TrainingOptions PUBLISHED =
      new TrainingOptions(Loss.L1, 0, 1, 0, 0, false, false);

  /** Between the restored image and the clean one. */
  public enum Loss {
    /** The mean absolute difference. */
    L1,
    /** The mean of √(d² + ε²), ε a thousandth of white. */
    CHARBONNIER
  }

  /** Checks the ranges. */
  public TrainingOptions {
    if (!(clipping >= 0)
        || accumulation < 1
        || !(averaging >= 0 && averaging < 1)
        || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected clipping >= 0, accumulation >= 1, averaging 0..1 (excluded) and weight"
                  + " decay >= 0, got %s, %d, %s and %s",
              clipping,
              accumulation,
              averaging,
              weightDecay));
    }
  }

  /** These options, with another loss. */
  public TrainingOptions with(Loss other) {
    return new TrainingOptions(
        other, clipping, accumulation, averaging, weightDecay, recomputation, bodyFrozen);
  }

  /** These options, gradients limited to a global norm. */
  public TrainingOptions clipped(double norm) {
    return new TrainingOptions(
        loss, norm, accumulation, averaging, weightDecay, recomputation, bodyFrozen);
  }

  /** These options, batches cut into parts. */
  public TrainingOptions accumulated(int parts) {
    return new TrainingOptions(
        loss, clipping, parts, averaging, weightDecay, recomputation, bodyFrozen);
  }

  /** These options, weights averaged. */
  public TrainingOptions averaged(double decay) {
    return new TrainingOptions(
        loss, clipping, accumulation, decay, weightDecay, recomputation, bodyFrozen);
  }

  /** These options, with weight decay. */
  public TrainingOptions decayed(double decay) {
    return new TrainingOptions(
        loss, clipping, accumulation, averaging, decay, recomputation, bodyFrozen);
  }

  /** These options, the transformer's layers computed again or kept. */
  public TrainingOptions recomputed(boolean again) {
    return new TrainingOptions(
        loss, clipping, accumulation, averaging, weightDecay, again, bodyFrozen);
  }

  /** These options, the body at rest or not. */
  public TrainingOptions frozen(boolean body) {
    return new TrainingOptions(
        loss, clipping, accumulation, averaging, weightDecay, recomputation, body);
  }
}
