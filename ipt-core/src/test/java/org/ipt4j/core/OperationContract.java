package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
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

  /** Builds an output from inputs. */
  @FunctionalInterface
  public interface Expression {
    Variable apply(Tape tape, Variable[] inputs);
  }

  private final Expression expression;
  private final List<Parameter> inputs = new ArrayList<>();
  private final List<Parameter> guards = new ArrayList<>();
  private final ParameterLayout layout;
  private final ParameterVector values;

  private OperationContract(Expression expression, long[][] shapes, long seed) {
    this.expression = expression;
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    for (int i = 0; i < shapes.length; i++) {
      guards.add(builder.add("guard" + i, Initializer.constant(GUARD), 3));
      inputs.add(builder.add("input" + i, Initializer.standardNormal(), shapes[i]));
    }
    guards.add(builder.add("guard", Initializer.constant(GUARD), 3));
    layout = builder.build();
    values = ParameterVector.initialized(layout, Devices.JUDGE, seed);
  }

  /** Checks {@code expression} on standard normal inputs of the given shapes. */
  public static void check(Expression expression, long[]... shapes) {
    OperationContract contract = new OperationContract(expression, shapes, 7);
    contract.gradientsAreCentralDifferences();
    contract.gradientsAccumulateAndNothingElseChanges();
  }

  /**
   * Checks that N samples at once give what they give one by one, forward and backward.
   *
   * @param batched how many of the inputs, the first ones, have N as their first axis
   */
  public static void checkBatches(int batched, Expression expression, long[]... shapes) {
    int n = (int) shapes[0][0];
    INDArray[] all = new INDArray[shapes.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = weights(shapes[i]).muli(1 + i);
    }
    INDArray weights = weights(outputShape(expression, all));
    INDArray[] together = gradients(expression, weights, all);
    for (int sample = 0; sample < n; sample++) {
      INDArray[] one = all.clone();
      for (int i = 0; i < batched; i++) {
        one[i] = sample(all[i], sample);
      }
      INDArray[] alone = gradients(expression, sample(weights, sample), one);
      for (int i = 0; i < all.length; i++) {
        if (i < batched) {
          assertClose(sample(together[i], sample), alone[i]);
        } else {
          together[i].subi(alone[i]);
        }
      }
      assertClose(sample(output(expression, all), sample), output(expression, one));
    }
    for (int i = batched; i < all.length; i++) {
      assertClose(together[i], together[i].mul(0)); // the sum over the samples was taken off
    }
  }

  private static INDArray sample(INDArray x, int sample) {
    long[] shape = x.shape().clone();
    shape[0] = 1;
    return x.slice(sample).dup().reshape('c', shape);
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    assertThat(actual.sub(expected).normmaxNumber().doubleValue()).isLessThan(1e-12 * 100);
  }

  private static long[] outputShape(Expression expression, INDArray... inputs) {
    return output(expression, inputs).shape();
  }

  private static INDArray output(Expression expression, INDArray... inputs) {
    OperationContract contract = of(expression, inputs);
    try (Tape tape = Tape.inference(contract.values)) {
      return Devices.inDouble(contract.output(tape).value());
    }
  }

  private static OperationContract of(Expression expression, INDArray... inputs) {
    long[][] shapes = Arrays.stream(inputs).map(INDArray::shape).toArray(long[][]::new);
    OperationContract contract = new OperationContract(expression, shapes, 7);
    for (int i = 0; i < inputs.length; i++) {
      Devices.nd(contract.values.view(contract.inputs.get(i))).assign(inputs[i]);
    }
    return contract;
  }

  /** The gradients of sum(w ∘ y) for a fixed random w, in double, one for each input. */
  public static INDArray[] gradients(Expression expression, INDArray... inputs) {
    return gradients(expression, weights(outputShape(expression, inputs)), inputs);
  }

  private static INDArray[] gradients(Expression expression, INDArray weights, INDArray... inputs) {
    OperationContract contract = of(expression, inputs);
    ParameterVector gradients = ParameterVector.zeros(contract.layout, Devices.JUDGE);
    contract.addGradients(gradients, weights);
    return contract.inputs.stream()
        .map(input -> Devices.nd(gradients.view(input)))
        .toArray(INDArray[]::new);
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

  /** sum(w ∘ y), as an operation. */
  static Variable weightedSum(Tape tape, Variable y, INDArray w) {
    Device device = tape.device();
    Array weights = Devices.array(device, w);
    Array product = tape.array(y.shape());
    device.multiply(y.value(), weights, product);
    return tape.record(
        Operation.of("weightedSum"),
        device.filled(device.sum(product), 1),
        dy -> y.receiveOverwriting(dx -> device.scale(weights, device.number(dy), dx)),
        y);
  }

  private void gradientsAreCentralDifferences() {
    ParameterVector gradients = ParameterVector.zeros(layout, Devices.JUDGE);
    addGradients(gradients);
    for (Parameter input : inputs) {
      INDArray numbers = Devices.nd(values.view(input)).reshape(input.length());
      INDArray slopes = Devices.nd(gradients.view(input)).reshape(input.length());
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
    INDArray before = Devices.nd(values.flat()).dup();
    ParameterVector once = ParameterVector.zeros(layout, Devices.JUDGE);
    addGradients(once);
    ParameterVector twice = ParameterVector.zeros(layout, Devices.JUDGE);
    addGradients(twice);
    addGradients(twice);
    Bits.assertSame(Devices.nd(values.flat()), before);
    for (Parameter guard : guards) {
      assertThat(Devices.JUDGE.absoluteSum(once.view(guard))).as(guard.name()).isZero();
    }
    INDArray sum = Devices.nd(once.flat());
    assertThat(Devices.nd(twice.flat()).sub(sum.mul(2)).normmaxNumber().doubleValue())
        .as("gradients added twice, against twice the gradients")
        .isLessThanOrEqualTo(1e-12 * Math.max(1, sum.normmaxNumber().doubleValue()));
  }

  private double loss() {
    try (Tape tape = Tape.inference(values)) {
      Variable y = output(tape);
      return Devices.nd(y.value()).mul(weights(y.shape())).sumNumber().doubleValue();
    }
  }

  private void addGradients(ParameterVector gradients) {
    long[] shape;
    try (Tape tape = Tape.inference(values)) {
      shape = output(tape).shape();
    }
    addGradients(gradients, weights(shape));
  }

  private void addGradients(ParameterVector gradients, INDArray weights) {
    try (Tape tape = Tape.training(values, gradients)) {
      Variable y = output(tape);
      tape.backward(weightedSum(tape, y, weights));
    }
  }

  private Variable output(Tape tape) {
    return expression.apply(tape, inputs.stream().map(tape::parameter).toArray(Variable[]::new));
  }
}
