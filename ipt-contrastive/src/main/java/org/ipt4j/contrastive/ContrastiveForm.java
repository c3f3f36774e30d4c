package org.ipt4j.contrastive;

/** The two readings of the contrastive loss. */
public enum ContrastiveForm {
  /** Equation 5 of the paper: compares patches at pairs of positions with other images only. */
  PAPER,
  /** Supervised contrastive loss (Khosla et al., 2020), as in the authors' later code. */
  SUPCON
}
