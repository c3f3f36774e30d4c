package org.ipt4j.transformer;

import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/** Self-attention and feed-forward, each behind a norm and beside a residual (eq. 2 and 3). */
final class EncoderLayer implements Layer {
  private final Norm norm1;
  private final MultiHeadAttention selfAttention;
  private final Norm norm2;
  private final FeedForward feedForward;

  EncoderLayer(ParameterLayout.Builder layout, String name, TransformerConfig config) {
    selfAttention = MultiHeadAttention.ofOneInput(layout, name + ".self_attn", config);
    feedForward = new FeedForward(layout, name + ".linear1", name + ".linear2", config);
    norm1 = new Norm(layout, name + ".norm1", config.embedding());
    norm2 = new Norm(layout, name + ".norm2", config.embedding());
  }

  @Override
  public Variable forward(Tape tape, Variable tokens) {
    Variable x = selfAttention.ofOne(tape, tokens, norm1.forward(tape, tokens));
    return feedForward.forwardOnto(tape, x, norm2.forward(tape, x));
  }
}
