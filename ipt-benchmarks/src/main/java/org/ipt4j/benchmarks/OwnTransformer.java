package org.ipt4j.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.transformer.Transformer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The body alone on our tape: forward, mean absolute output, backward. */
final class OwnTransformer {
  static final String TASK = "task";

  private final Transformer transformer;
  private final Parameter task;
  private final ParameterVector values;
  private final ParameterVector gradients;

  OwnTransformer(Size size) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("body");
    transformer = new Transformer(builder, "body", size.transformer());
    task = transformer.taskEmbedding(builder, TASK);
    values = ParameterVector.initialized(builder.build(), DataType.FLOAT, 1);
    gradients = ParameterVector.zeros(values.layout(), DataType.FLOAT);
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

  void step(INDArray tokens) {
    gradients.flat().assign(0);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable y = transformer.forward(tape, tape.constant(tokens), tape.parameter(task));
      tape.backward(Losses.l1(tape, y, tape.array(tokens.shape()).assign(0)));
    }
  }
}
