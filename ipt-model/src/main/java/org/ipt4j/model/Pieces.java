package org.ipt4j.model;

import org.ipt4j.core.Workers;
import org.ipt4j.transformer.TransformerConfig;

/**
 * How many pieces a batch of images is best cut into, where the images are independent: equally
 * many for each processor. Products of larger pieces run faster, as long as they fit in the
 * processors' cache.
 */
public final class Pieces {
  private static final int INFERENCE_TOKENS = 1152; // of a piece
  private static final long TRAINING_MULTIPLICATIONS = 43_000_000; // of a piece by D×D weights

  private Pieces() {}

  /** Pieces for a forward pass alone. */
  public static int forInference(IptConfig config, int images) {
    long most = INFERENCE_TOKENS / (long) config.transformer().tokens();
    return pieces(images, most, Workers.count());
  }

  /**
   * Pieces for a forward and backward pass. All arrays of a piece stay until the backward pass, so
   * a piece is only large enough that its products outweigh the cost of calling them.
   *
   * @param threads the number of threads to cut for; the rounding of sums depends on the pieces
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
