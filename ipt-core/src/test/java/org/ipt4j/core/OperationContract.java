package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What every operation on the tape must hold, in double: its gradients are those of central
 * differences, they are added to what is there, and neither inputs nor neighbours are touched. The
 * inputs are parameters of one vector with guards between them.
 */
public final class OperationContract {
  private static final double STEP = 1e-5;
  private static final double WORST_ERROR = 1e-7;
  private static final double GUARD = 12345.5;

  /** Builds the operation's output from its inputs. */
  @FunctionalInterface
  public interface Operation {
    Variable apply(Tape tape, Variable[] inputs);
  }

  private final Operation operation;
  private final List<Parameter> inputs = new ArrayList<>();
  private final List<Parameter> guards = new ArrayList<>();
  private final ParameterLayout layout;
  private final ParameterVector values;

  private OperationContract(Operation operation, long[][] shapes, long seed) {
    this.operation = operation;
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    for (int i = 0; i < shapes.length; i++) {
      guards.add(builder.add("guard" + i, Initializer.constant(GUARD), 3));
      inputs.add(builder.add("input" + i, Initializer.standardNormal(), shapes[i]));
    }
    guards.add(builder.add("guard", Initializer.constant(GUARD), 3));
    layout = builder.build();
    values = ParameterVector.initialized(layout, DataType.DOUBLE, seed);
  }

  /** Checks {@code operation} on standard normal inputs of the given shapes. */
  public static void check(Operation operation, long[]... shapes) {
    OperationContract contract = new OperationContract(operation, shapes, 7);
    contract.gradientsAreCentralDifferences();
    contract.gradientsAccumulateAndNothingElseChanges();
  }

  /** The gradients of sum(w ∘ y) for a fixed random w, in double, one for each input. */
  public static INDArray[] gradients(Operation operation, INDArray... inputs) {
    long[][] shapes = new long[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      shapes[i] = inputs[i].shape();
    }
    OperationContract contract = new OperationContract(operation, shapes, 7);
    for (int i = 0; i < inputs.length; i++) {
      contract.values.view(contract.inputs.get(i)).assign(inputs[i]);
    }
    ParameterVector gradients = ParameterVector.zeros(contract.layout, DataType.DOUBLE);
    contract.addGradients(gradients);
    return contract.inputs.stream().map(gradients::view).toArray(INDArray[]::new);
  }

  /** The fixed random w. */
  public static INDArray weights(long[] shape) {
    RandomGenerator random = Randomness.at(99);
    INDArray weights = Nd4j.createUninitialized(DataType.DOUBLE, shape);
    for (long i = 0; i < weights.length(); i++) {
      weights.putScalar(i, random.nextGaussian());
    }
    return weights;
  }

  private void gradientsAreCentralDifferences() {
    ParameterVector gradients = ParameterVector.zeros(layout, DataType.DOUBLE);
    addGradients(gradients);
    for (Parameter input : inputs) {
      INDArray numbers = values.view(input).reshape(input.length());
      INDArray slopes = gradients.view(input).reshape(input.length());
      double scale = Math.max(1, slopes.norm2Number().doubleValue() / Math.sqrt(slopes.length()));
      for (long i = 0; i < input.length(); i++) {
        double x = numbers.getDouble(i);
        numbers.putScalar(i, x + STEP);
        double above = loss();
        numbers.putScalar(i, x - STEP);
        double below = loss();
        numbers.putScalar(i, x);
        assertThat((slopes.getDouble(i) - (above - below) / (2 * STEP)) / scale)
            .as("%s, element %d: gradient against central difference", input, i)
            .isBetween(-WORST_ERROR, WORST_ERROR);
      }
    }
  }

  private void gradientsAccumulateAndNothingElseChanges() {
    INDArray before = values.flat().dup();
    ParameterVector once = ParameterVector.zeros(layout, DataType.DOUBLE);
    addGradients(once);
    ParameterVector twice = ParameterVector.zeros(layout, DataType.DOUBLE);
    addGradients(twice);
    addGradients(twice);
    assertThat(values.flat()).as("inputs").isEqualTo(before);
    for (Parameter guard : guards) {
      assertThat(once.view(guard).norm1Number().doubleValue()).as(guard.name()).isZero();
    }
    assertThat(twice.flat().sub(once.flat().mul(2)).normmaxNumber().doubleValue())
        .as("gradients added twice, against twice the gradients")
        .isLessThanOrEqualTo(1e-12 * Math.max(1, once.flat().normmaxNumber().doubleValue()));
  }

  private double loss() {
    try (Tape tape = Tape.inference(values)) {
      return weightedSum(tape).value().getDouble(0);
    }
  }

  private void addGradients(ParameterVector gradients) {
    try (Tape tape = Tape.training(values, gradients)) {
      tape.backward(weightedSum(tape));
    }
  }

  private Variable weightedSum(Tape tape) {
    Variable y =
        operation.apply(tape, inputs.stream().map(tape::parameter).toArray(Variable[]::new));
    INDArray weights = weights(y.shape());
    INDArray sum = tape.array(1).assign(y.value().mul(weights).sumNumber());
    return tape.record(sum, dy -> y.receive(weights.mul(dy.getDouble(0))), y);
  }
}
