package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.ipt4j.core.Initializer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Randomness;
import org.ipt4j.weights.Tensors;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

class OptimizerTest {
  private static final int STEPS = 5;

  /** Doubles are moved by ND4J's own Adam. */
  @Test
  void adamInOnePassMovesAsNd4jsDoes() {
    ParameterLayout.Builder layout = new ParameterLayout.Builder().range("first");
    layout.add("a", Initializer.standardNormal(), 10_001);
    layout.range("second").add("b", Initializer.standardNormal(), 7);
    Trained inOnePass = new Trained(layout.build(), DataType.FLOAT);
    Trained expected = new Trained(inOnePass.values.layout(), DataType.DOUBLE);
    for (int step = 0; step < STEPS; step++) {
      // no sum cancels
      INDArray gradient =
          Nd4j.createFromArray(Randomness.at(9, step).doubles(10_008, 0.1, 1.1).toArray());
      inOnePass.step(gradient, step);
      expected.step(gradient, step);
    }
    assertClose(inOnePass.values.flat(), expected.values.flat());
    inOnePass
        .optimizer
        .moments()
        .forEach(
            (name, moment) ->
                assertClose(numbers(moment), numbers(expected.optimizer.moments().get(name))));
    assertThat(inOnePass.optimizer.moments()).containsOnlyKeys("M.a", "V.a", "M.b", "V.b");
  }

  private static INDArray numbers(SavedNumbers.OfParameter moment) {
    return Nd4j.createFromArray(Tensors.numbers(moment.tensor()));
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    INDArray ratio = actual.castTo(DataType.DOUBLE).div(expected);
    assertThat(ratio.subi(1).amaxNumber().doubleValue()).isLessThan(2e-6);
  }

  private static final class Trained {
    private final ParameterVector values;
    private final ParameterVector gradients;
    private final Optimizer optimizer;

    Trained(ParameterLayout layout, DataType type) {
      values = ParameterVector.zeros(layout, type);
      gradients = ParameterVector.zeros(layout, type);
      optimizer = new Optimizer(new Adam(1e-2), 0, values, gradients);
    }

    void step(INDArray gradient, int step) {
      gradients.flat().assign(gradient);
      // the second range rests in odd steps
      optimizer.update(values.layout().ranges().subList(0, step % 2 == 0 ? 2 : 1), step);
    }
  }
}
