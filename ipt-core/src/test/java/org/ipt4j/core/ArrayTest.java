package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ArrayTest {
  private final Array x = Devices.FAST.array(new float[] {0, 1, 2, 3, 4, 5}, 0, 2, 3);

  @Test
  void isSeenInOtherShapesWithoutACopy() {
    Array column = x.reshape(6).view(1, new long[] {2, 1}, new long[] {3, 1});
    Devices.FAST.fill(column, 9);
    float[] numbers = new float[6];
    Devices.FAST.read(x, numbers, 0);
    assertThat(numbers).containsExactly(0, 9, 2, 3, 9, 5);
    assertThat(x.rows()).isSameAs(x);
  }

  @Test
  void whatLiesInPiecesIsNotReshaped() {
    Array columns = x.columns(0, 2);
    assertThat(columns.isRowByRow()).isFalse();
    assertThatThrownBy(() -> columns.reshape(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("[2, 2] in several pieces cannot be seen as [4]");
    assertThatThrownBy(() -> x.reshape(5)).hasMessage("[2, 3] cannot be seen as [5]");
  }
}
