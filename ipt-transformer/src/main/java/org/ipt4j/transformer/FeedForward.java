package org.ipt4j.transformer;

import org.ipt4j.core.Layer;
import org.ipt4j.core.Linear;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/** D → 4D → D with ReLU between, for each token. */
final class FeedForward implements Layer {
  private final Linear widen;
  private final Linear narrow;

  FeedForward(
      ParameterLayout.Builder layout, String widen, String narrow, TransformerConfig config) {
    this.widen = Linear.withBias(layout, widen, config.embedding(), config.hidden());
    this.narrow = Linear.withBias(layout, narrow, config.hidden(), config.embedding());
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return narrow.forward(tape, widen.forwardRelu(tape, x));
  }
}
