package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class StagedTest {
  private static final float[] NUMBERS = {1, 2, 3, 4, 5, 6, 7};

  @Test
  void onProcessorsItIsTheArrayItself() {
    for (Device device : Devices.FLOATS) {
      ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
      builder.add("w", Initializer.constant(0), 1);
      float[] numbers = NUMBERS.clone();
      try (Staged staged = device.stage(numbers);
          Tape tape = Tape.tracing(ParameterVector.zeros(builder.build(), device))) {
        Variable x = tape.input(staged, 2, 2, 2);
        device.scale(x.value(), 10, x.value());
        Bits.assertSame(
            Devices.nd(x.value()), Devices.nd(device.array(new float[] {30, 40, 50, 60}, 0, 2, 2)));
        assertThat(tape.nodes()).hasSize(1);
        assertThat(tape.nodes().get(0).operation().name()).isEqualTo("input");
      }
      assertThat(numbers).isEqualTo(NUMBERS);
    }
  }

  @Test
  void squaresOfSeveralArraysAreThoseOfEach() {
    for (Device device : Devices.FLOATS) {
      Array one = device.array(new float[] {1e-3f, 2, 0.1f}, 0, 3);
      Array other = device.array(new float[] {7, 0.3f}, 0, 2);
      assertThat(device.squareSum(List.of(one, other)))
          .isEqualTo(device.squareSum(one) + device.squareSum(other));
    }
  }
}
