package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

class TapeTest {
  private final ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
  private final Parameter w = builder.add("w", Initializer.standardNormal(), 4, 4);
  private final ParameterVector values =
      ParameterVector.initialized(builder.build(), Devices.FAST, 1);

  private int passes; // through layers

  @Test
  void layersOneAfterTheOtherInInferenceGiveWhatTheyGiveInTraining() {
    Layer layer = (tape, x) -> Ops.relu(tape, Linear.withoutBias(w).forward(tape, x));
    List<Layer> layers = List.of(layer, layer, layer, layer, layer);
    INDArray trained;
    INDArray inferred;
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      trained = Devices.inDouble(tape.sequence(layers, ones(tape)).value());
    }
    try (Tape tape = Tape.inference(values)) {
      Variable in = ones(tape);
      inferred = Devices.inDouble(tape.sequence(layers, in).value());
      Bits.assertSame(Devices.nd(in.value()), Devices.nd(ones(tape).value()));
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
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    for (int pass = 0; pass < 2; pass++) { // the second in memory that the first sized
      Devices.FAST.fill(gradients.flat(), 0);
      try (Tape tape = Tape.training(values, gradients)) {
        if (recomputing) {
          tape.recomputing();
        }
        Linear linear = Linear.withoutBias(w);
        Variable outside = linear.forward(tape, ones(tape));
        Layer layer =
            (t, x) -> {
              passes++;
              return Ops.add(t, Ops.relu(t, linear.forward(t, x)), Ops.add(t, outside, x));
            };
        Variable y = tape.sequence(List.of(layer, layer, layer), outside);
        tape.backward(Losses.l1(tape, y, ones(tape)));
      }
    }
    return Devices.nd(gradients.flat());
  }

  @Test
  void gradientsTakeTheMemoryOfWhatIsDoneWith() {
    List<Long> values = new ArrayList<>();
    List<Long> addresses = new ArrayList<>();
    ParameterVector gradients = ParameterVector.zeros(this.values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(this.values, gradients)) {
      Variable x = tape.parameter(w);
      for (int length : new int[] {100, 40, 200, 60, 64, 64}) {
        x = stretched(tape, x, length, addresses);
        values.add(((Nd4jArray) x.value()).address());
      }
      tape.backward(stretched(tape, x, 1, addresses));
    }
    // of the loss, 64, 64, 60, 200, 40, 100
    assertThat(addresses).hasSize(7);
    assertThat(addresses.subList(0, 3)).doesNotHaveDuplicates().allMatch(at -> at > values.get(5));
    assertThat(addresses.get(3)).as("60, where the last value was").isEqualTo(values.get(5));
    assertThat(addresses.get(4)).as("200, for which nothing has room").isGreaterThan(values.get(5));
    assertThat(addresses.get(5)).as("40, where three values lay").isEqualTo(values.get(3));
    assertThat(addresses.get(6)).as("100, behind it").isEqualTo(values.get(3) + 3 * 64);
    assertThat(Devices.nd(gradients.flat()).minNumber().doubleValue()).isEqualTo(1);
  }

  @Test
  void whatNobodyReadsAgainGivesItsMemory() {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = tape.parameter(w);
      Variable scaled = Ops.scale(tape, x, 2);
      Variable rectified = Ops.relu(tape, scaled);
      long ofScaled = ((Nd4jArray) scaled.value()).address();
      long ofRectified = ((Nd4jArray) rectified.value()).address();

      tape.end(scaled);
      tape.end(scaled); // does nothing
      tape.end(rectified);

      assertThat(((Nd4jArray) tape.array(4, 4)).address()).isEqualTo(ofScaled);
      assertThat(((Nd4jArray) tape.array(4, 4)).address())
          .as("the way back reads what is rectified")
          .isGreaterThan(ofRectified);
      assertThatThrownBy(() -> Ops.relu(tape, scaled))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a variable of shape [4, 4] was ended and then read");
      assertThatThrownBy(() -> tape.split(scaled, 0, 1, 4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a variable of shape [4, 4] was ended and then read");
    }
  }

  @Test
  void layersOneAfterTheOtherTakeTheMemoryOfTwo() {
    Layer layer = (tape, x) -> Ops.scale(tape, x, 2);
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = tape.parameter(w);
      long first = ((Nd4jArray) layer.forward(tape, x).value()).address();
      Variable y = tape.sequence(List.of(layer, layer, layer, layer, layer), x);
      long most = ((Nd4jArray) tape.array(4, 4)).address();
      assertThat(most).isLessThanOrEqualTo(first + 2 * 64);
      tape.backward(Losses.l1(tape, y, tape.constant(tape.device().filled(0, 4, 4))));
    }
    assertThat(Devices.FAST.absoluteSum(gradients.flat())).isEqualTo(32);
  }

  /** Ones, whose gradient's address is noted; the gradient of x is 1. */
  private static Variable stretched(Tape tape, Variable x, int length, List<Long> addresses) {
    return tape.record(
        Operation.of("stretched"),
        tape.device().filled(1, length),
        dy -> {
          addresses.add(((Nd4jArray) dy).address());
          x.receiveOverwriting(dx -> tape.device().fill(dx, 1));
        },
        x);
  }

  @Test
  void aFrozenRangeGetsNoGradientButLetsItThrough() {
    ParameterLayout.Builder two = new ParameterLayout.Builder().range("first");
    Parameter first = two.add("first", Initializer.standardNormal(), 4, 4);
    Parameter second = two.range("second").add("second", Initializer.standardNormal(), 4, 4);
    ParameterVector weights = ParameterVector.initialized(two.build(), Devices.FAST, 1);
    ParameterVector gradients = ParameterVector.zeros(weights.layout(), Devices.FAST);
    try (Tape tape = Tape.training(weights, gradients)) {
      tape.freeze(weights.layout().range("second"));
      Variable x = Linear.withoutBias(first).forward(tape, ones(tape));
      Variable y = Linear.withoutBias(second).forward(tape, x);
      tape.backward(Losses.l1(tape, y, ones(tape)));
    }
    assertThat(Devices.FAST.absoluteSum(gradients.view(first))).isPositive();
    assertThat(Devices.FAST.absoluteSum(gradients.view(second))).isZero();
  }

  @Test
  void aTracingPassKeepsTheGraph() {
    try (Tape tape = Tape.tracing(values)) {
      Variable x = tape.input(new float[12], 0, 3, 4);
      Layer layer = (t, v) -> Ops.relu(t, Linear.withoutBias(w).forward(t, v));
      Variable[] parts = tape.split(tape.sequence(List.of(layer, layer), x), 0, 1, 4);
      List<Node> nodes = tape.nodes();
      assertThat(nodes.stream().map(node -> node.operation().name()))
          .containsExactly("input", "parameter", "linear", "relu", "linear", "relu", "split");
      assertThat(nodes.get(1).operation().attributes()).containsEntry("name", "w");
      assertThat(nodes.get(4).inputs())
          .containsExactly(nodes.get(3).outputs().get(0), nodes.get(1).outputs().get(0));
      assertThat(nodes.get(4).operation().multiplications()).isEqualTo(3 * 4 * 4);
      assertThat(nodes.get(6).outputs()).containsExactly(parts);
      assertThat(nodes.get(6).operation()).hasToString("split{bounds=[0, 1, 4]}");
      assertThat(nodes.get(0).place()).isEqualTo("the input");
      assertThat(nodes.get(6).place()).isEqualTo("w");
    }
    try (Tape tape = Tape.inference(values)) {
      assertThatThrownBy(tape::nodes).hasMessageContaining("only a tracing pass");
    }
  }

  @Test
  void aFailureOnTheWayBackSaysWhere() {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = tape.parameter(w);
      Operation broken = Operation.of("broken", "by", "us");
      Variable loss =
          tape.record(
              broken,
              tape.device().filled(1, 1),
              dy -> {
                throw new IllegalArgumentException("the reason");
              },
              x);
      assertThatThrownBy(() -> tape.backward(loss))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("on the way back through broken{by=us} at w: the reason")
          .hasCauseInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aProfileCountsEachOperation() {
    Profile profile = Profile.begin();
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      Linear linear = Linear.withoutBias(w);
      Variable y = linear.forward(tape, linear.forward(tape, ones(tape)));
      tape.backward(Losses.l1(tape, y, tape.input(new float[12], 0, 3, 4)));
    } finally {
      profile.end();
    }
    try (Tape tape = Tape.inference(values)) {
      Ops.relu(tape, ones(tape));
    }
    assertThat(profile.lines())
        .extracting(Profile.Line::operation, Profile.Line::forwards, Profile.Line::multiplications)
        .containsExactlyInAnyOrder(tuple("linear", 2L, 2 * 3 * 48.0), tuple("l1", 1L, 0.0));
    assertThat(profile.lines()).allMatch(line -> line.forwardSeconds() > 0);
    assertThat(profile.lines()).allMatch(line -> line.backwardSeconds() > 0);
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
  void closingTwiceEndsNothingElse() {
    Tape first = Tape.inference(values);
    first.close();
    first.close();
    try (Tape second = Tape.inference(values)) {
      Variable x = ones(second);
      first.close();
      second.device().fill(second.array(3, 4), 5);
      assertThat(Devices.FAST.sum(x.value())).isEqualTo(12);
      assertThatThrownBy(() -> Tape.inference(values)).hasMessageContaining("open on this thread");
    }
  }

  @Test
  void aSplitVariableMayNotBeUsedItself() {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = Linear.withoutBias(w).forward(tape, ones(tape));
      tape.split(x, 0, 2, 4);
      Variable loss = Losses.l1(tape, x, ones(tape));
      assertThatThrownBy(() -> tape.backward(loss))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was split and then used itself");
    }
  }

  @Test
  void aVariableIsSplitOnce() {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    try (Tape tape = Tape.training(values, gradients)) {
      Variable x = Linear.withoutBias(w).forward(tape, ones(tape));
      tape.split(x, 0, 2, 4);
      assertThatThrownBy(() -> tape.split(x, 0, 1, 4))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was split and then used itself");
    }
  }

  @Test
  void columnsOfAParameterAreItsColumns() {
    ParameterLayout.Builder byColumns = new ParameterLayout.Builder().range("all");
    Parameter matrix = byColumns.addByColumns("matrix", Initializer.standardNormal(), 3, 4);
    ParameterVector numbers = ParameterVector.initialized(byColumns.build(), Devices.FAST, 1);
    try (Tape tape = Tape.inference(numbers)) {
      Array right = tape.split(tape.parameter(matrix), 0, 1, 4)[1].value();
      Bits.assertSame(
          Devices.nd(right).dup('c'),
          Devices.nd(numbers.view(matrix))
              .get(NDArrayIndex.all(), NDArrayIndex.interval(1, 4))
              .dup('c'));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0,4,12", "0,8,4", "-4,2,4", "1,4", "0,2", "0,0,4", "0", ""})
  void boundsOfPartsAreChecked(String bounds) {
    long[] some =
        Arrays.stream(bounds.split(","))
            .filter(b -> !b.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    try (Tape tape = Tape.inference(values)) {
      Variable x = ones(tape);
      assertThatThrownBy(() -> tape.split(x, some))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "split expects rising bounds from 0 to the last axis's length, got");
    }
  }

  @Test
  void biasesAndGainsOfAnotherLengthAreNamed() {
    try (Tape tape = Tape.inference(values)) {
      Variable five = tape.constant(tape.array(5));
      Variable four = tape.constant(tape.array(4));
      Variable image = tape.constant(tape.array(1, 4, 6, 6));
      Variable kernel = tape.constant(tape.array(4, 4, 3, 3));
      assertThatThrownBy(() -> Ops.layerNorm(tape, ones(tape), four, five))
          .hasMessageContaining("layerNorm's bias expects [4], got [5]");
      assertThatThrownBy(() -> Ops.linear(tape, ones(tape), tape.parameter(w), five))
          .hasMessageContaining("linear's bias expects [4], got [5]");
      assertThatThrownBy(() -> ConvOps.conv2d(tape, image, kernel, five))
          .hasMessageContaining("conv2d's bias expects [4], got [5]");
    }
  }

  @Test
  void aParameterOfAnotherLayoutIsRefused() {
    ParameterLayout.Builder other = new ParameterLayout.Builder().range("all");
    Parameter foreign = other.add("w", Initializer.constant(0), 2, 2);
    other.build();
    try (Tape tape = Tape.inference(values)) {
      assertThatThrownBy(() -> tape.parameter(foreign.rows(0, 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is a parameter of another layout");
    }
  }

  @Test
  void aConvolutionHasAMiddle() {
    ParameterLayout.Builder layout = new ParameterLayout.Builder().range("all");
    assertThatThrownBy(() -> Conv.of(layout, "c", 3, 4, 4))
        .hasMessage("c: expected a convolution of an odd side, got 4×4");
  }

  @Test
  void wrongShapesAreNamed() {
    try (Tape tape = Tape.inference(values)) {
      Variable x = tape.constant(tape.array(4, 9));
      assertThatThrownBy(() -> Linear.withoutBias(w).forward(tape, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("linear expects [..., 4], got [4, 9], at w");
      assertThatThrownBy(() -> TokenOps.unfold(tape, tape.constant(tape.array(1, 1, 4, 5)), 2))
          .hasMessage("unfold expects sides divisible by the patch side 2, got 4×5");
    }
  }

  private static Variable ones(Tape tape) {
    return tape.constant(tape.device().filled(1, 3, 4));
  }
}
