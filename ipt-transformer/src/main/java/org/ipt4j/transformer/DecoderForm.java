package org.ipt4j.transformer;

/** What the second attention of a decoder layer attends to. */
public enum DecoderForm {
  /** The encoder's output (the published code; eq. 4 of the paper). */
  MEMORY,
  /**
   * The decoder's own tokens: the reading of the paper in which encoder-decoder attention is
   * replaced.
   */
  SELF
}
