package org.ipt4j.transformer;

import java.util.List;
import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;

/**
 * Self-attention and a feed-forward network, each after a norm and with a residual connection (eq.
 * 2 and 3).
 */
final class EncoderLayer {
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

  /** Its sub-layers in order (Vaswani et al., 2017, §3.1), for tokens [N,S,D]. */
  List<Layer> sublayers() {
    return List.of(
        (tape, x) -> selfAttention.attend(tape, x, norm1.forward(tape, x)),
        (tape, x) -> feedForward.forwardOnto(tape, x, norm2.forward(tape, x)));
  }
}
