package org.ipt4j.model;

import org.ipt4j.core.Workers;
import org.ipt4j.transformer.TransformerConfig;

/**
 * Into how many pieces a batch of images best goes through the network, where each image goes its
 * own way: as many for each processor. Products of larger pieces run faster, up to what the
 * processors' cache holds.
 */
public final class Pieces {
  private static final int INFERENCE_TOKENS = 1152; // of a piece
  private static final long TRAINING_MULTIPLICATIONS = 43_000_000; // of a piece by D×D weights

  private Pieces() {}

  /** For a pass that goes forward only. */
  public static int forInference(IptConfig config, int images) {
    long most = INFERENCE_TOKENS / (long) config.transformer().tokens();
    return pieces(images, most, Workers.count());
  }

  /**
   * For a pass that also goes back, until when a piece's arrays all stay: a piece is only so large
   * that its products outweigh what calling them costs.
   *
   * @param threads for which it is cut: sums are rounded by the pieces they are made of
   */
  public static int forTraining(IptConfig config, int images, int threads) {
    TransformerConfig body = config.transformer();
    long perImage = (long) body.tokens() * body.embedding() * body.embedding();
    return pieces(images, TRAINING_MULTIPLICATIONS / perImage, threads);
  }

  private static int pieces(int images, long most, long threads) {
    long together = threads * Math.max(1, Math.min(images, most));
    long rounds = (images + together - 1) / together;
    return (int) Math.min(images, threads * rounds);
  }
}
