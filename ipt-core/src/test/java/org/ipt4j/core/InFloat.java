package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Operations that go another way in float, judged by the plain one, which doubles take. */
final class InFloat {
  private InFloat() {}

  /** Checks output and gradients of {@code operation} on standard normal inputs. */
  static void check(OperationContract.Operation operation, long[]... shapes) {
    assertClose(
        output(operation, DataType.FLOAT, shapes), output(operation, DataType.DOUBLE, shapes));
    assertClose(
        gradients(operation, DataType.FLOAT, shapes),
        gradients(operation, DataType.DOUBLE, shapes));
  }

  private static void assertClose(INDArray floats, INDArray expected) {
    INDArray actual = floats.castTo(DataType.DOUBLE);
    // float's 6e-8 through a few sums over tokens and columns
    double scale = Math.max(1, expected.normmaxNumber().doubleValue());
    assertThat(actual.sub(expected).normmaxNumber().doubleValue()).isLessThan(2e-5 * scale);
  }

  /** The gradients of sum(w ∘ y), added to 0.25, of inputs drawn alike for both types. */
  static INDArray gradients(
      OperationContract.Operation operation, DataType type, long[]... shapes) {
    ParameterVector values = values(type, shapes);
    ParameterVector gradients = ParameterVector.zeros(values.layout(), type);
    gradients.flat().assign(0.25);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable y = output(operation, tape, values);
      INDArray w = OperationContract.weights(y.shape()).castTo(type);
      tape.backward(tape.record(tape.array(1).assign(1), dy -> y.receive(w), y));
    }
    return gradients.flat();
  }

  static INDArray output(OperationContract.Operation operation, DataType type, long[]... shapes) {
    ParameterVector values = values(type, shapes);
    try (Tape tape = Tape.inference(values)) {
      return output(operation, tape, values).value().dup();
    }
  }

  private static Variable output(
      OperationContract.Operation operation, Tape tape, ParameterVector values) {
    return operation.apply(
        tape, values.layout().parameters().stream().map(tape::parameter).toArray(Variable[]::new));
  }

  private static ParameterVector values(DataType type, long[]... shapes) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    for (int i = 0; i < shapes.length; i++) {
      builder.add("input" + i, Initializer.standardNormal(), shapes[i]);
    }
    return ParameterVector.initialized(builder.build(), type, 3);
  }
}
