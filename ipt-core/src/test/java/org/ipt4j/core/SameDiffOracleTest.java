package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;

/** Gradients of our operations against those SameDiff finds for the same mathematics, in double. */
class SameDiffOracleTest {
  /** The same operation in SameDiff. */
  private interface Oracle {
    SDVariable apply(SameDiff sd, SDVariable[] inputs);
  }

  @Test
  void linear() {
    agree(
        (tape, v) -> Ops.linear(tape, v[0], v[1], v[2]),
        (sd, v) -> sd.mmul(v[0].reshape(6, 5), v[1], false, true, false).add(v[2]).reshape(2, 3, 7),
        new long[] {2, 3, 5},
        new long[] {7, 5},
        new long[] {7});
  }

  @Test
  void linearRelu() {
    agree(
        (tape, v) -> Ops.linearRelu(tape, v[0], v[1], v[2]),
        (sd, v) ->
            sd.nn()
                .relu(sd.mmul(v[0].reshape(6, 5), v[1], false, true, false).add(v[2]), 0)
                .reshape(2, 3, 7),
        new long[] {2, 3, 5},
        new long[] {7, 5},
        new long[] {7});
  }

  @Test
  void addEmbedding() {
    agree(
        (tape, v) -> Ops.addEmbedding(tape, v[0], v[1]),
        (sd, v) -> v[0].add(v[1].reshape(1, 3, 5)),
        new long[] {2, 3, 5},
        new long[] {3, 5});
  }

  @Test
  void relu() {
    agree(
        (tape, v) -> Ops.relu(tape, v[0]), (sd, v) -> sd.nn().relu(v[0], 0), new long[] {2, 3, 5});
  }

  @Test
  void layerNorm() {
    agree(
        (tape, v) -> Ops.layerNorm(tape, v[0], v[1], v[2]),
        (sd, v) -> {
          SDVariable centred = v[0].sub(v[0].mean(true, 2));
          SDVariable variance = centred.mul(centred).mean(true, 2);
          return centred.div(sd.math().sqrt(variance.add(1e-5))).mul(v[1]).add(v[2]);
        },
        new long[] {2, 3, 5},
        new long[] {5},
        new long[] {5});
  }

  @Test
  void attention() {
    long[] shape = {2, 3, 8};
    agree(
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], 2),
        (sd, v) -> {
          SDVariable q = v[0].reshape(2, 3, 2, 4).permute(0, 2, 1, 3);
          SDVariable k = v[1].reshape(2, 3, 2, 4).permute(0, 2, 3, 1);
          SDVariable w = v[2].reshape(2, 3, 2, 4).permute(0, 2, 1, 3);
          SDVariable weights = sd.nn().softmax(q.mmul(k).mul(0.5), 3);
          return weights.mmul(w).permute(0, 2, 1, 3).reshape(2, 3, 8);
        },
        shape,
        shape,
        shape);
  }

  @Test
  void conv2d() {
    agree(
        (tape, v) -> ConvOps.conv2d(tape, v[0], v[1], v[2]),
        (sd, v) ->
            sd.cnn()
                .conv2d(
                    v[0],
                    v[1].permute(2, 3, 1, 0), // SameDiff takes [k,k,C,O]
                    v[2],
                    Conv2DConfig.builder()
                        .kH(3)
                        .kW(3)
                        .paddingMode(PaddingMode.SAME)
                        .dataFormat("NCHW")
                        .build()),
        new long[] {2, 3, 5, 4},
        new long[] {2, 3, 3, 3},
        new long[] {2});
  }

  @Test
  void pixelShuffle() {
    agree(
        (tape, v) -> ConvOps.pixelShuffle(tape, v[0], 2),
        (sd, v) -> v[0].reshape(2, 3, 2, 2, 4, 5).permute(0, 1, 4, 2, 5, 3).reshape(2, 3, 8, 10),
        new long[] {2, 12, 4, 5});
  }

  @Test
  void unfold() {
    agree(
        (tape, v) -> TokenOps.unfold(tape, v[0], 2),
        (sd, v) -> v[0].reshape(2, 3, 2, 2, 3, 2).permute(0, 2, 4, 1, 3, 5).reshape(2, 6, 12),
        new long[] {2, 3, 4, 6});
  }

  @Test
  void l1() {
    long[] shape = {2, 3, 5};
    INDArray target = OperationContract.weights(shape);
    agree(
        (tape, v) -> Losses.l1(tape, v[0], tape.constant(Devices.array(tape.device(), target))),
        (sd, v) -> sd.math().abs(v[0].sub(sd.constant(target))).mean().reshape(1),
        shape);
  }

  private static void agree(
      OperationContract.Expression expression, Oracle oracle, long[]... shapes) {
    SameDiff sd = SameDiff.create();
    List<INDArray> inputs = new ArrayList<>();
    Map<String, SDVariable> variables = new TreeMap<>();
    for (int i = 0; i < shapes.length; i++) {
      // not the weights of the sum below: inputs of one shape must differ, too
      inputs.add(OperationContract.weights(shapes[i]).mul(0.5 + i).add(0.1 * i));
      variables.put("input" + i, sd.var("input" + i, inputs.get(i)));
    }
    SDVariable y = oracle.apply(sd, variables.values().toArray(SDVariable[]::new));
    INDArray weights = OperationContract.weights(y.eval().shape());
    y.mul(sd.constant(weights)).sum().markAsLoss();
    Map<String, INDArray> expected = sd.calculateGradients(null, variables.keySet());

    INDArray[] ours = OperationContract.gradients(expression, inputs.toArray(INDArray[]::new));

    for (int i = 0; i < ours.length; i++) {
      INDArray golden = expected.get("input" + i);
      assertThat(golden.dataType()).isEqualTo(DataType.DOUBLE);
      assertThat(ours[i].sub(golden).normmaxNumber().doubleValue())
          .as("input %d", i)
          .isLessThanOrEqualTo(1e-10 * Math.max(1, golden.normmaxNumber().doubleValue()));
    }
  }
}
