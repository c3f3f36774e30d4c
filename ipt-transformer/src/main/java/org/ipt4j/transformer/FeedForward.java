package org.ipt4j.transformer;

import org.ipt4j.core.Linear;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/** D → 4D → D with a ReLU in between, for each token. */
final class FeedForward {
  private final Linear widen;
  private final Linear narrow;

  FeedForward(
      ParameterLayout.Builder layout, String widen, String narrow, TransformerConfig config) {
    this.widen = Linear.withBias(layout, widen, config.embedding(), config.hidden());
    this.narrow = Linear.withBias(layout, narrow, config.hidden(), config.embedding());
  }

  /** {@code residual} + this network's output for x. */
  Variable forwardOnto(Tape tape, Variable residual, Variable x) {
    return narrow.forwardOnto(tape, residual, widen.forwardRelu(tape, x));
  }
}
