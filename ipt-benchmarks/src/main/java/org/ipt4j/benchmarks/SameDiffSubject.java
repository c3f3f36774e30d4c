package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.ipt4j.data.image.Bicubic;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** ND4J's own automatic differentiation: the network as a SameDiff graph. */
final class SameDiffSubject implements Subject {
  private static final String IMAGE = "image";
  private static final String TARGET = "target";
  private static final String RESTORED = "restored";
  private static final double[] MEAN = {0.4488, 0.4371, 0.4040};

  private final Case of;
  private final SameDiff sd = SameDiff.create();

  SameDiffSubject(Case of, Path folder) throws IOException {
    this.of = of;
    FloatBuffer numbers = Inputs.weights(folder);
    Inputs.places(folder)
        .forEach(
            (name, place) -> {
              float[] part = new float[place.length()];
              numbers.get(place.offset(), part);
              INDArray weight = Nd4j.createFromArray(part).reshape('c', place.shape());
              if (weight.rank() == 4) {
                weight = weight.permute(2, 3, 1, 0).dup('c'); // its gradient knows no other order
              }
              if (of.work == Case.Work.TRAINING) {
                sd.var(name, weight);
              } else {
                sd.constant(name, weight);
              }
            });
    network();
    if (of.work == Case.Work.TRAINING) {
      long large = (long) of.side() * Case.SCALE;
      SDVariable target = sd.placeHolder(TARGET, DataType.FLOAT, of.batch, 3, large, large);
      sd.math().abs(sd.getVariable(RESTORED).sub(target)).mean("loss").markAsLoss();
      sd.setTrainingConfig(
          TrainingConfig.builder()
              .updater(new Adam(Case.RATE))
              .dataSetFeatureMapping(IMAGE)
              .dataSetLabelMapping(TARGET)
              .minimize("loss")
              .build());
    }
  }

  @Override
  public float[] restore(float[] degraded, int n) {
    try (INDArray x = pixels(degraded, n, of.side());
        INDArray y = sd.outputSingle(Map.of(IMAGE, x), RESTORED)) {
      return y.muli(1 / of.config.level()).data().asFloat();
    }
  }

  @Override
  public double train(float[] degraded, float[] clean) {
    int large = of.side() * Case.SCALE;
    DataSet batch =
        new DataSet(pixels(degraded, of.batch, of.side()), pixels(clean, of.batch, large));
    sd.fit(batch);
    return Double.NaN; // it is told to listeners only, and later
  }

  @Override
  public float[] picture(float[] pixels) {
    throw new UnsupportedOperationException("SameDiff is measured on batches only");
  }

  private INDArray pixels(float[] pixels, int n, int side) {
    return Nd4j.createFromArray(pixels).reshape('c', n, 3, side, side).muli(of.config.level());
  }

  private void network() {
    int d = of.embedding();
    int c = of.config.features();
    int p = of.config.patchSide();
    int side = of.side();
    int grid = side / p;
    SDVariable image = sd.placeHolder(IMAGE, DataType.FLOAT, of.batch, 3, side, side);
    INDArray shift = Nd4j.createFromArray(MEAN).muli(of.config.rgbRange()).castTo(DataType.FLOAT);
    SDVariable mean = sd.constant("mean", shift.reshape(1, 3, 1, 1));
    SDVariable features = conv(image.sub(mean), "head.0.0");
    for (int i = 1; i <= 2; i++) {
      SDVariable inner = sd.nn().relu(conv(features, "head.0." + i + ".body.0"), 0);
      features = features.add(conv(inner, "head.0." + i + ".body.2"));
    }
    SDVariable x =
        features
            .reshape(of.batch, c, grid, p, grid, p)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(rows(), d);
    x = linear(x, "body.linear_encoding").add(x);
    x = addEmbedding(x, "body.position_encoding.pe.weight");
    for (int i = 0; i < of.config.encoderLayers(); i++) {
      String layer = "body.encoder.layers." + i;
      SDVariable n = norm(x, layer + ".norm1");
      x = x.add(attention(n, n, n, layer + ".self_attn"));
      x = x.add(feedForward(norm(x, layer + ".norm2"), layer + ".linear1", layer + ".linear2"));
    }
    SDVariable memory = x;
    String task = "body.query_embed.weight.0";
    for (int i = 0; i < of.config.decoderLayers(); i++) {
      String layer = "body.decoder.layers." + i;
      SDVariable n = norm(x, layer + ".norm1");
      SDVariable q = addEmbedding(n, task);
      x = x.add(attention(q, q, n, layer + ".self_attn"));
      q = addEmbedding(norm(x, layer + ".norm2"), task);
      x = x.add(attention(q, memory, memory, layer + ".multihead_attn"));
      x = x.add(feedForward(norm(x, layer + ".norm3"), layer + ".linear1", layer + ".linear2"));
    }
    x = feedForward(x, "body.mlp_head.0", "body.mlp_head.3").add(x);
    SDVariable folded =
        x.reshape(of.batch, grid, grid, c, p, p)
            .permute(0, 3, 1, 4, 2, 5)
            .reshape(of.batch, c, side, side);
    int s = Case.SCALE;
    SDVariable wide =
        conv(folded.add(features), "tail.0.0.0")
            .reshape(of.batch, c, s, s, side, side)
            .permute(0, 1, 4, 2, 5, 3)
            .reshape(of.batch, c, side * s, side * s);
    SDVariable y = conv(wide, "tail.0.1");
    if (of.config.inputResidual()) {
      INDArray matrix = Nd4j.createFromArray(Bicubic.enlargingMatrix(side, s));
      SDVariable rows = sd.constant("enlarge", matrix); // [sH,H]
      SDVariable columns = image.permute(0, 1, 3, 2).reshape(of.batch * 3 * side, side);
      SDVariable tall =
          sd.mmul(columns, rows, false, true, false)
              .reshape(of.batch, 3, side, side * s)
              .permute(0, 1, 3, 2)
              .reshape(of.batch * 3 * side * s, side);
      SDVariable enlarged = sd.mmul(tall, rows, false, true, false);
      y.add(RESTORED, enlarged.reshape(of.batch, 3, side * s, side * s));
    } else {
      y.add(RESTORED, mean);
    }
  }

  private int rows() {
    return of.batch * of.tokens();
  }

  private SDVariable conv(SDVariable x, String name) {
    SDVariable w = sd.getVariable(name + ".weight");
    int k = (int) w.getShape()[0];
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(k)
            .kW(k)
            .paddingMode(PaddingMode.SAME)
            .dataFormat(Conv2DConfig.NCHW)
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    return sd.cnn().conv2d(x, w, sd.getVariable(name + ".bias"), config);
  }

  private SDVariable linear(SDVariable x, String name) {
    return multiply(x, sd.getVariable(name + ".weight")).add(sd.getVariable(name + ".bias"));
  }

  private SDVariable multiply(SDVariable x, SDVariable weight) {
    return sd.mmul(x, weight, false, true, false);
  }

  private SDVariable addEmbedding(SDVariable x, String name) {
    int d = of.embedding();
    SDVariable e = sd.getVariable(name).reshape(1, of.tokens(), d);
    return x.reshape(of.batch, of.tokens(), d).add(e).reshape(rows(), d);
  }

  private SDVariable norm(SDVariable x, String name) {
    return sd.nn()
        .layerNorm(x, sd.getVariable(name + ".weight"), sd.getVariable(name + ".bias"), true, 1);
  }

  private SDVariable feedForward(SDVariable x, String widen, String narrow) {
    return linear(sd.nn().relu(linear(x, widen), 0), narrow);
  }

  private SDVariable attention(SDVariable q, SDVariable k, SDVariable v, String name) {
    int d = of.embedding();
    SDVariable in = sd.getVariable(name + ".in_proj_weight");
    SDVariable[] parts = sd.split(in, 3, 0);
    SDVariable queries = heads(multiply(q, parts[0]), 0, 2, 1, 3);
    SDVariable keys = heads(multiply(k, parts[1]), 0, 2, 3, 1);
    SDVariable values = heads(multiply(v, parts[2]), 0, 2, 1, 3);
    double factor = 1 / Math.sqrt((double) d / of.config.attentionHeads());
    SDVariable weights = sd.nn().softmax(queries.mmul(keys).mul(factor), 3);
    SDVariable context = weights.mmul(values).permute(0, 2, 1, 3).reshape(rows(), d);
    return multiply(context, sd.getVariable(name + ".out_proj.weight"));
  }

  private SDVariable heads(SDVariable x, int... axes) {
    int perHead = of.embedding() / of.config.attentionHeads();
    return x.reshape(of.batch, of.tokens(), of.config.attentionHeads(), perHead).permute(axes);
  }
}
