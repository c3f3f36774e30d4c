package org.ipt4j.training;

import java.util.Map;
import org.ipt4j.core.Array;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;

/** How an updater moves values, and what it keeps from step to step. */
interface Moments {
  /** What it keeps, by ND4J's names ({@code M} and {@code V} of Adam), themselves, no copies. */
  Map<String, ParameterVector> vectors();

  /**
   * Moves {@code value} against {@code gradient}, which may be overwritten.
   *
   * @param rate of learning
   * @param count how often the range has been moved, this time included
   */
  void move(ParameterLayout.Range range, double rate, int count, Array value, Array gradient);
}
