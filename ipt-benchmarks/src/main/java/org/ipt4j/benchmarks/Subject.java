package org.ipt4j.benchmarks;

/** A network in one of the engines, ready to run a {@link Case}. */
interface Subject {
  /** Restored pixels for {@code degraded} pixels [n,3,H,W], both in 0..255. */
  float[] restore(float[] degraded, int n);

  /**
   * One training step on a batch of pixels in 0..255; returns the loss; NaN if the engine does not
   * tell.
   */
  double train(float[] degraded, float[] clean);

  /** A whole picture of {@link Case#PICTURE_SIDE}, planar [3,H,W] in 0..255, enlarged. */
  float[] picture(float[] pixels);
}
