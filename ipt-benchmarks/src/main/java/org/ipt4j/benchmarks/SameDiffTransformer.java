package org.ipt4j.benchmarks;

import java.util.Map;
import org.ipt4j.transformer.TransformerConfig;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;

/** Training the same body, from the same weights, as a SameDiff graph. */
final class SameDiffTransformer {
  private static final String TOKENS = "tokens";
  private static final String TARGET = "target";

  private final SameDiff sd = SameDiff.create();
  private final Map<String, INDArray> parameters;
  private final TransformerConfig config;
  private final int batch;

  SameDiffTransformer(Size size, Map<String, INDArray> parameters) {
    this.parameters = parameters;
    this.config = size.transformer();
    this.batch = size.batch;
    parameters.forEach((name, value) -> sd.var(name, value.dup()));
    long[] shape = {batch, config.tokens(), config.embedding()};
    SDVariable x =
        sd.placeHolder(TOKENS, DataType.FLOAT, shape).reshape(rows(), config.embedding());
    x = linear(x, "body.linear_encoding").add(x);
    x = addEmbedding(x, "body.position_encoding.pe.weight");
    for (int i = 0; i < config.encoderLayers(); i++) {
      String layer = "body.encoder.layers." + i;
      SDVariable n = norm(x, layer + ".norm1");
      x = x.add(attention(n, n, n, layer + ".self_attn"));
      x = x.add(feedForward(norm(x, layer + ".norm2"), layer + ".linear1", layer + ".linear2"));
    }
    SDVariable memory = x;
    for (int i = 0; i < config.decoderLayers(); i++) {
      String layer = "body.decoder.layers." + i;
      SDVariable n = norm(x, layer + ".norm1");
      SDVariable q = addEmbedding(n, OwnTransformer.TASK);
      x = x.add(attention(q, q, n, layer + ".self_attn"));
      q = addEmbedding(norm(x, layer + ".norm2"), OwnTransformer.TASK);
      x = x.add(attention(q, memory, memory, layer + ".multihead_attn"));
      x = x.add(feedForward(norm(x, layer + ".norm3"), layer + ".linear1", layer + ".linear2"));
    }
    x = feedForward(x, "body.mlp_head.0", "body.mlp_head.3").add(x);
    SDVariable target = sd.placeHolder(TARGET, DataType.FLOAT, shape);
    SDVariable loss = sd.math().abs(x.sub(target.reshape(rows(), config.embedding()))).mean("loss");
    loss.markAsLoss();
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Adam(OwnTransformer.RATE))
            .dataSetFeatureMapping(TOKENS)
            .dataSetLabelMapping(TARGET)
            .minimize("loss")
            .build());
  }

  /** One step. */
  void step(INDArray tokens, INDArray target) {
    sd.fit(new DataSet(tokens, target));
  }

  Map<String, INDArray> gradients(INDArray tokens, INDArray target) {
    return sd.calculateGradients(Map.of(TOKENS, tokens, TARGET, target), parameters.keySet());
  }

  private int rows() {
    return batch * config.tokens();
  }

  private SDVariable linear(SDVariable x, String name) {
    return multiply(x, sd.getVariable(name + ".weight")).add(sd.getVariable(name + ".bias"));
  }

  private SDVariable multiply(SDVariable x, SDVariable weight) {
    return sd.mmul(x, weight, false, true, false);
  }

  private SDVariable addEmbedding(SDVariable x, String name) {
    int d = config.embedding();
    SDVariable e = sd.getVariable(name).reshape(1, config.tokens(), d);
    return x.reshape(batch, config.tokens(), d).add(e).reshape(rows(), d);
  }

  private SDVariable norm(SDVariable x, String name) {
    return sd.nn()
        .layerNorm(x, sd.getVariable(name + ".weight"), sd.getVariable(name + ".bias"), true, 1);
  }

  private SDVariable feedForward(SDVariable x, String widen, String narrow) {
    return linear(sd.nn().relu(linear(x, widen), 0), narrow);
  }

  private SDVariable attention(SDVariable q, SDVariable k, SDVariable v, String name) {
    int d = config.embedding();
    SDVariable in = sd.getVariable(name + ".in_proj_weight");
    SDVariable[] parts = sd.split(in, 3, 0);
    SDVariable queries = heads(multiply(q, parts[0]), 0, 2, 1, 3);
    SDVariable keys = heads(multiply(k, parts[1]), 0, 2, 3, 1);
    SDVariable values = heads(multiply(v, parts[2]), 0, 2, 1, 3);
    double factor = 1 / Math.sqrt((double) d / config.heads());
    SDVariable weights = sd.nn().softmax(queries.mmul(keys).mul(factor), 3);
    SDVariable context = weights.mmul(values).permute(0, 2, 1, 3).reshape(rows(), d);
    return multiply(context, sd.getVariable(name + ".out_proj.weight"));
  }

  private SDVariable heads(SDVariable x, int... axes) {
    int perHead = config.embedding() / config.heads();
    return x.reshape(batch, config.tokens(), config.heads(), perHead).permute(axes);
  }
}
