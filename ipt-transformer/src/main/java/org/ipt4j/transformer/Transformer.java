package org.ipt4j.transformer;

import static org.ipt4j.core.Ops.addEmbedding;
import static org.ipt4j.core.Ops.operand;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Linear;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/**
 * The body that all tasks share (Chen et al., 2021, §3.1): tokens of the head's features [N,S,D] →
 * tokens [N,S,D]. Where the paper leaves details open it follows the published code: residual
 * connections around the first linear layer and around the last two, position embeddings added
 * once, no final norms.
 */
public final class Transformer {
  private final TransformerConfig config;
  private final Linear linearEncoding;
  private final Parameter position; // [S,D]
  private final List<EncoderLayer> encoder = new ArrayList<>();
  private final List<DecoderLayer> decoder = new ArrayList<>();
  private final FeedForward mlpHead;

  /** Adds the body's parameters to a layout, under the published names {@code name.encoder.…}. */
  public Transformer(ParameterLayout.Builder layout, String name, TransformerConfig config) {
    this.config = config;
    int d = config.embedding();
    linearEncoding = Linear.withBias(layout, name + ".linear_encoding", d, d);
    position =
        layout.add(
            name + ".position_encoding.pe.weight",
            Initializer.standardNormal(),
            config.tokens(),
            d);
    for (int i = 0; i < config.encoderLayers(); i++) {
      encoder.add(new EncoderLayer(layout, name + ".encoder.layers." + i, config));
    }
    for (int i = 0; i < config.decoderLayers(); i++) {
      decoder.add(new DecoderLayer(layout, name + ".decoder.layers." + i, config));
    }
    mlpHead = new FeedForward(layout, name + ".mlp_head.0", name + ".mlp_head.3", config);
  }

  /** Adds a task's embedding [S,D] to a layout. */
  public Parameter taskEmbedding(ParameterLayout.Builder layout, String name) {
    return layout.add(name, Initializer.standardNormal(), config.tokens(), config.embedding());
  }

  /** The body's output for {@code tokens} [N,S,D] and the task's embedding {@code task} [S,D]. */
  public Variable forward(Tape tape, Variable tokens, Variable task) {
    Variable encoded = linearEncoding.forwardOnto(tape, tokens, operand(tape, tokens));
    Variable placed = addEmbedding(tape, encoded, tape.parameter(position));
    tape.end(encoded);
    Variable x = tape.sequence(sublayers(encoder, EncoderLayer::sublayers), placed);
    tape.end(placed);
    Variable memory = operand(tape, x);
    Variable y = tape.sequence(sublayers(decoder, layer -> layer.sublayers(memory, task)), x);
    tape.end(x);
    Variable output = mlpHead.forwardOnto(tape, y, operand(tape, y));
    tape.end(y);
    return output;
  }

  private static <T> List<Layer> sublayers(List<T> layers, Function<T, List<Layer>> sublayersOf) {
    return layers.stream().map(sublayersOf).flatMap(List::stream).toList();
  }
}
