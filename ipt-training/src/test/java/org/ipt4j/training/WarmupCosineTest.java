package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WarmupCosineTest {
  @Test
  void risesThenFalls() {
    WarmupCosine schedule = new WarmupCosine(0.1, 4, 104, 0.1);
    assertThat(schedule.valueAt(0, 0)).isCloseTo(0.02, within(1e-12));
    assertThat(schedule.valueAt(3, 0)).isCloseTo(0.08, within(1e-12));
    assertThat(schedule.valueAt(4, 0)).isCloseTo(0.1, within(1e-12));
    assertThat(schedule.valueAt(54, 0)).isCloseTo(0.055, within(1e-12));
    assertThat(schedule.valueAt(104, 0)).isCloseTo(0.01, within(1e-12));
    assertThat(schedule.valueAt(1000, 0)).isCloseTo(0.01, within(1e-12));
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> new WarmupCosine(0.1, 10, 10, 0))
        .hasMessageContaining("0 <= warmup < steps")
        .hasMessageContaining("got 0.1, 10, 10, 0.0");
  }
}
