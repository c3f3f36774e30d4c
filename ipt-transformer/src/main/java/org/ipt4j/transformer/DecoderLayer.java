package org.ipt4j.transformer;

import static org.ipt4j.core.Ops.addEmbedding;

import java.util.List;
import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Variable;

/**
 * Two attentions and a feed-forward network, each after a norm and with a residual connection (eq.
 * 4). The task's embedding is added to the queries and keys of the first attention and to the
 * queries of the second.
 */
final class DecoderLayer {
  private final Norm norm1;
  private final MultiHeadAttention selfAttention;
  private final Norm norm2;
  private final MultiHeadAttention secondAttention;
  private final DecoderForm form;
  private final Norm norm3;
  private final FeedForward feedForward;

  DecoderLayer(ParameterLayout.Builder layout, String name, TransformerConfig config) {
    form = config.decoderForm();
    selfAttention = MultiHeadAttention.ofTwoInputs(layout, name + ".self_attn", config);
    secondAttention = MultiHeadAttention.ofTwoInputs(layout, name + ".multihead_attn", config);
    feedForward = new FeedForward(layout, name + ".linear1", name + ".linear2", config);
    norm1 = new Norm(layout, name + ".norm1", config.embedding());
    norm2 = new Norm(layout, name + ".norm2", config.embedding());
    norm3 = new Norm(layout, name + ".norm3", config.embedding());
  }

  /**
   * Its sub-layers in order (Vaswani et al., 2017, §3.1), for tokens [N,S,D].
   *
   * @param memory the encoder's output [N,S,D]
   * @param task the task's embedding [S,D]
   */
  List<Layer> sublayers(Variable memory, Variable task) {
    return List.of(
        (tape, x) -> {
          Variable n = norm1.forward(tape, x);
          return selfAttention.attend(tape, x, addEmbedding(tape, n, task), n);
        },
        (tape, x) -> {
          Variable n = norm2.forward(tape, x);
          Variable attended = form == DecoderForm.MEMORY ? memory : n;
          return secondAttention.attendTo(tape, x, addEmbedding(tape, n, task), attended);
        },
        (tape, x) -> feedForward.forwardOnto(tape, x, norm3.forward(tape, x)));
  }
}
