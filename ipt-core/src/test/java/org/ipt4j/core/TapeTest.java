package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class TapeTest {
  private final ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
  private final Parameter w = builder.add("w", Initializer.standardNormal(), 4, 4);
  private final ParameterVector values =
      ParameterVector.initialized(builder.build(), DataType.FLOAT, 1);

  private int passes; // through layers

  @Test
  void layersOneAfterTheOtherInInferenceGiveWhatTheyGiveInTraining() {
    Layer layer = (tape, x) -> Dense.relu(tape, Linear.withoutBias(w).forward(tape, x));
    List<Layer> layers = List.of(layer, layer, layer, layer, layer);
    INDArray trained;
    INDArray inferred;
    ParameterVector gradients = ParameterVector.zeros(values.layout(), DataType.FLOAT);
    try (Tape tape = Tape.training(values, gradients)) {
      trained = tape.sequence(layers, tape.constant(ones(tape))).value().dup();
    }
    try (Tape tape = Tape.inference(values)) {
      INDArray in = ones(tape);
      inferred = tape.sequence(layers, tape.constant(in)).value().dup();
      Bits.assertSame(in, ones(tape));
    }
    Bits.assertSame(inferred, trained);
    assertThat(inferred.sumNumber().doubleValue()).isNotZero();
  }

  @Test
  void recomputingGivesTheSameGradientsToTheBit() {
    // each layer also reads a variable from outside, as a decoder's do
    INDArray kept = gradientsOfLayers(false);
    assertThat(kept.norm1Number().doubleValue()).isPositive();
    int keptPasses = passes;
    passes = 0;
    Bits.assertSame(gradientsOfLayers(true), kept);
    assertThat(passes).as("each layer ran once more").isEqualTo(2 * keptPasses);
  }

  private INDArray gradientsOfLayers(boolean recomputing) {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), DataType.FLOAT);
    for (int pass = 0; pass < 2; pass++) { // the second in memory that the first sized
      gradients.flat().assign(0);
      try (Tape tape = Tape.training(values, gradients)) {
        if (recomputing) {
          tape.recomputing();
        }
        Linear linear = Linear.withoutBias(w);
        Variable outside = linear.forward(tape, tape.constant(ones(tape)));
        Layer layer =
            (t, x) -> {
              passes++;
              return Dense.add(t, Dense.relu(t, linear.forward(t, x)), Dense.add(t, outside, x));
            };
        Variable y = tape.sequence(List.of(layer, layer, layer), outside);
        tape.backward(Losses.l1(tape, y, ones(tape)));
      }
    }
    return gradients.flat();
  }

  @Test
  void aGradientTakesTheMemoryOfALongerOneThatIsDoneWith() {
    List<Long> addresses = new ArrayList<>();
    ParameterVector gradients = ParameterVector.zeros(values.layout(), DataType.FLOAT);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = tape.parameter(w);
      for (int length : new int[] {16, 10, 15, 11, 16, 6}) {
        x = stretched(tape, x, length, addresses);
      }
      tape.backward(stretched(tape, x, 1, addresses));
    }
    // of the loss, 6, 16, 11, 15, 10, 16: 6 is too short for 11, 16 serves 15, 11 serves 10, and
    // what served 15 serves 16 again
    assertThat(addresses).hasSize(7);
    assertThat(addresses.subList(0, 4)).doesNotHaveDuplicates();
    assertThat(addresses.get(4)).isEqualTo(addresses.get(2));
    assertThat(addresses.get(5)).isEqualTo(addresses.get(3));
    assertThat(addresses.get(6)).isEqualTo(addresses.get(2));
    assertThat(gradients.flat().minNumber().doubleValue()).isEqualTo(1);
  }

  /** Ones, whose gradient's address is noted; the gradient of x is 1. */
  private static Variable stretched(Tape tape, Variable x, int length, List<Long> addresses) {
    return tape.record(
        tape.array(length).assign(1),
        dy -> {
          addresses.add(dy.data().addressPointer().address());
          x.receiveOverwriting(dx -> dx.assign(1));
        },
        x);
  }

  @Test
  void aFrozenRangeGetsNoGradientButLetsItThrough() {
    ParameterLayout.Builder two = new ParameterLayout.Builder().range("first");
    Parameter first = two.add("first", Initializer.standardNormal(), 4, 4);
    Parameter second = two.range("second").add("second", Initializer.standardNormal(), 4, 4);
    ParameterVector weights = ParameterVector.initialized(two.build(), DataType.FLOAT, 1);
    ParameterVector gradients = ParameterVector.zeros(weights.layout(), DataType.FLOAT);
    try (Tape tape = Tape.training(weights, gradients)) {
      tape.freeze(weights.layout().range("second"));
      Variable x = Linear.withoutBias(first).forward(tape, tape.constant(ones(tape)));
      Variable y = Linear.withoutBias(second).forward(tape, x);
      tape.backward(Losses.l1(tape, y, ones(tape)));
    }
    assertThat(gradients.view(first).norm1Number().doubleValue()).isPositive();
    assertThat(gradients.view(second).norm1Number().doubleValue()).isZero();
  }

  @Test
  void oneTapePerThread() {
    try (Tape tape = Tape.inference(values)) {
      assertThatThrownBy(() -> Tape.inference(values))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("open on this thread");
    }
  }

  @Test
  void aSplitVariableMayNotBeUsedItself() {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), DataType.FLOAT);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = tape.variable(ones(tape));
      tape.split(x, 0, 2, 4);
      Variable loss = Losses.l1(tape, x, ones(tape).mul(2));
      assertThatThrownBy(() -> tape.backward(loss))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was split and then used itself");
    }
  }

  @Test
  void wrongShapesAreNamed() {
    try (Tape tape = Tape.inference(values)) {
      Variable x = tape.constant(tape.array(4, 9));
      assertThatThrownBy(() -> Linear.withoutBias(w).forward(tape, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("linear expects [..., 4], got [4, 9]");
      assertThatThrownBy(() -> Tokens.unfold(tape, tape.constant(tape.array(1, 1, 4, 5)), 2))
          .hasMessage("unfold expects sides divisible by the patch side 2, got 4×5");
    }
  }

  private static INDArray ones(Tape tape) {
    return tape.array(3, 4).assign(1);
  }
}
