package org.ipt4j.transformer;

import java.util.Locale;

/**
 * The size of the shared transformer.
 *
 * @param embedding D
 * @param tokens S
 * @param heads A, which divides D
 * @param encoderLayers layers of the encoder
 * @param decoderLayers layers of the decoder
 * @param decoderForm what the decoder's second attention attends to
 */
public record TransformerConfig(
    int embedding,
    int tokens,
    int heads,
    int encoderLayers,
    int decoderLayers,
    DecoderForm decoderForm) {
  /** The width of a feed-forward layer as a multiple of D. */
  private static final int EXPANSION = 4;

  /** Checks that the sizes are positive and that the heads divide the embedding. */
  public TransformerConfig {
    if (decoderForm == null) {
      throw new IllegalArgumentException("expected a form of the decoder, got none");
    }
    if (embedding > Integer.MAX_VALUE / EXPANSION) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the embedding is at most %d, got D %d",
              Integer.MAX_VALUE / EXPANSION,
              embedding));
    }
    if (embedding < 1 || tokens < 1 || heads < 1 || encoderLayers < 1 || decoderLayers < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a transformer's sizes are positive, got D %d, S %d, %d heads, %d+%d layers",
              embedding,
              tokens,
              heads,
              encoderLayers,
              decoderLayers));
    }
    if (embedding % heads != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the embedding must be divisible by the heads, got D %d and %d heads",
              embedding,
              heads));
    }
  }

  /** 4·D, the width of a feed-forward layer. */
  int hidden() {
    return EXPANSION * embedding;
  }
}
