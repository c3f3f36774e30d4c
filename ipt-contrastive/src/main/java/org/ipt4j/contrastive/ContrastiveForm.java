package org.ipt4j.contrastive;

/** The two readings of the contrastive loss. */
public enum ContrastiveForm {
  /** Equation 5 of the paper: patches at pairs of positions, against other images only. */
  PAPER,
  /** Supervised contrastive (Khosla et al., 2020), as in the authors' later code. */
  SUPCON
}
