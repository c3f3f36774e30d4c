package org.ipt4j.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.transformer.Transformer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;

/** Training the body alone on our tape: forward, L1, backward, Adam. */
final class OwnTransformer {
  static final String TASK = "task";
  static final double RATE = 1e-6;

  private final Transformer transformer;
  private final Parameter task;
  private final ParameterVector values;
  private final ParameterVector gradients;
  private final GradientUpdater<?> adam;
  private int steps;

  OwnTransformer(Size size) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("body");
    transformer = new Transformer(builder, "body", size.transformer());
    task = transformer.taskEmbedding(builder, TASK);
    values = ParameterVector.initialized(builder.build(), DataType.FLOAT, 1);
    gradients = ParameterVector.zeros(values.layout(), DataType.FLOAT);
    long moments = 2 * values.layout().length();
    adam = new Adam(RATE).instantiate(Kernels.filled(DataType.FLOAT, 0, 1, moments), true);
  }

  Map<String, INDArray> parameters() {
    return named(values);
  }

  Map<String, INDArray> gradients() {
    return named(gradients);
  }

  private static Map<String, INDArray> named(ParameterVector vector) {
    Map<String, INDArray> named = new LinkedHashMap<>();
    vector.layout().parameters().forEach(p -> named.put(p.name(), vector.view(p)));
    return named;
  }

  /** One step; the loss is the mean absolute difference to {@code target}. */
  void step(INDArray tokens, INDArray target) {
    computeGradients(tokens, target);
    INDArray gradient = gradients.flat().reshape('c', 1, gradients.flat().length());
    adam.applyUpdater(gradient, steps++, 0);
    values.flat().subi(gradients.flat());
  }

  void computeGradients(INDArray tokens, INDArray target) {
    gradients.flat().assign(0);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable y = transformer.forward(tape, tape.constant(tokens), tape.parameter(task));
      tape.backward(Losses.l1(tape, y, target));
    }
  }
}
