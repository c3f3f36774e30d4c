package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Operations as devices of floats compute them, judged by the plain one in double. */
public final class InFloat {
  private InFloat() {}

  /** Checks output and gradients of {@code expression} on standard normal inputs. */
  static void check(OperationContract.Expression expression, long[]... shapes) {
    check(Devices.FLOATS, expression, shapes);
  }

  /** As {@link #check(OperationContract.Expression, long[]...)}, of these devices. */
  public static void check(
      List<Device> devices, OperationContract.Expression expression, long[]... shapes) {
    // float's 6e-8 through a few sums over tokens and columns
    check(devices, 2e-5, expression, shapes);
  }

  /**
   * As {@link #check(List, OperationContract.Expression, long[]...)}, of devices that round more.
   *
   * @param error of a number, relative to the largest one or to 1
   */
  public static void check(
      List<Device> devices,
      double error,
      OperationContract.Expression expression,
      long[]... shapes) {
    INDArray output = output(expression, Devices.JUDGE, shapes);
    INDArray gradients = gradients(expression, Devices.JUDGE, shapes);
    for (Device device : devices) {
      assertClose(output(expression, device, shapes), output, error);
      assertClose(gradients(expression, device, shapes), gradients, error);
    }
  }

  private static void assertClose(INDArray actual, INDArray expected, double error) {
    double scale = Math.max(1, expected.normmaxNumber().doubleValue());
    assertThat(actual.sub(expected).normmaxNumber().doubleValue()).isLessThan(error * scale);
  }

  /**
   * Checks that the way back reads nothing that the operation does not keep: gradients are the same
   * if inputs and output end before it.
   */
  public static void checkKept(
      List<Device> devices, OperationContract.Expression expression, long[]... shapes) {
    for (Device device : devices) {
      Bits.assertSame(
          gradients(ofCopies(expression, true), device, shapes),
          gradients(ofCopies(expression, false), device, shapes));
    }
  }

  private static OperationContract.Expression ofCopies(
      OperationContract.Expression expression, boolean ending) {
    return (tape, inputs) -> {
      Variable[] copies =
          Stream.of(inputs).map(x -> Ops.scale(tape, x, 1)).toArray(Variable[]::new);
      Variable y = expression.apply(tape, copies);
      Variable copy = Ops.scale(tape, y, 1);
      if (ending) {
        Stream.concat(Stream.of(copies), Stream.of(y)).forEach(tape::end);
      }
      return copy;
    };
  }

  /** The gradients of sum(w ∘ y), added to 0.25, of inputs that are the same on each device. */
  static INDArray gradients(
      OperationContract.Expression expression, Device device, long[]... shapes) {
    ParameterVector values = values(device, shapes);
    ParameterVector gradients = ParameterVector.zeros(values.layout(), device);
    device.fill(gradients.flat(), 0.25);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable y = expression.apply(tape, inputs(tape, values));
      tape.backward(OperationContract.weightedSum(tape, y, OperationContract.weights(y.shape())));
    }
    return Devices.inDouble(gradients.flat());
  }

  static INDArray output(OperationContract.Expression expression, Device device, long[]... shapes) {
    ParameterVector values = values(device, shapes);
    try (Tape tape = Tape.inference(values)) {
      return Devices.inDouble(expression.apply(tape, inputs(tape, values)).value());
    }
  }

  private static Variable[] inputs(Tape tape, ParameterVector values) {
    return values.layout().parameters().stream().map(tape::parameter).toArray(Variable[]::new);
  }

  private static ParameterVector values(Device device, long[]... shapes) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    for (int i = 0; i < shapes.length; i++) {
      builder.add("input" + i, Initializer.standardNormal(), shapes[i]);
    }
    return ParameterVector.initialized(builder.build(), device, 3);
  }
}
