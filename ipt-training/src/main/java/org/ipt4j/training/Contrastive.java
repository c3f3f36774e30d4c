package org.ipt4j.training;

import org.ipt4j.contrastive.ContrastiveForm;

/**
 * How the contrastive loss is mixed into training.
 *
 * @param mixture when it is used
 * @param form which reading of it
 * @param every k: with {@link Mixture#OWN_BATCHES} every k-th batch is contrastive
 * @param weight λ, relative to an L1 loss on 0..255 (0.1 in the paper)
 */
public record Contrastive(Mixture mixture, ContrastiveForm form, int every, double weight) {
  /** When the contrastive loss is used. */
  public enum Mixture {
    /** Never. */
    NONE,
    /** In batches of its own between the tasks' batches, which then train head and body only. */
    OWN_BATCHES,
    /** In every batch, added to L1. */
    ADDED
  }

  /** Checks the ranges. */
  public Contrastive {
    if (every < 2 && mixture == Mixture.OWN_BATCHES) {
      throw new IllegalArgumentException(
          "one batch in k is contrastive with k at least 2, got " + every);
    }
    if (!(weight >= 0)) {
      throw new IllegalArgumentException("the contrastive weight is not negative, got " + weight);
    }
  }

  /** L1 only. */
  public static Contrastive none() {
    return new Contrastive(Mixture.NONE, ContrastiveForm.PAPER, 0, 0);
  }

  /** λ·contrastive added to every batch's L1, as in the paper (λ = 0.1). */
  public static Contrastive added(ContrastiveForm form, double weight) {
    return new Contrastive(Mixture.ADDED, form, 0, weight);
  }

  /** Every {@code every}-th batch is contrastive and nothing else. */
  public static Contrastive ownBatches(ContrastiveForm form, int every, double weight) {
    return new Contrastive(Mixture.OWN_BATCHES, form, every, weight);
  }
}
