package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ParameterVectorTest {
  private static ParameterLayout layout(ParameterLayout.Builder builder) {
    return builder.build();
  }

  @Test
  void viewsAndRangesAreOneMemory() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("first");
    Parameter a = builder.add("a", Initializer.constant(1), 2, 3);
    builder.range("second");
    Parameter b = builder.add("b", Initializer.constant(2), 5);
    ParameterVector vector = ParameterVector.initialized(layout(builder), Devices.FAST, 1);

    assertThat(numbers(vector)).containsExactly(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
    Devices.FAST.fill(vector.view(a.rows(1, 2)), 7);
    Array second = vector.range(vector.layout().range("second"));
    Devices.FAST.scale(second, 3, second);
    assertThat(numbers(vector)).containsExactly(1, 1, 1, 7, 7, 7, 6, 6, 6, 6, 6);
    assertThat(vector.read(b)).containsOnly(6);
  }

  @Test
  void aRangeIsBegunOnce() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("first").range("second");
    assertThatThrownBy(() -> builder.range("first"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("range first exists already");
  }

  @Test
  void aMatrixKeptByColumnsIsTheOneKeptByRows() {
    ParameterLayout.Builder one = new ParameterLayout.Builder().range("all");
    Parameter byRows = one.add("x", Initializer.standardNormal(), 2, 3);
    ParameterLayout.Builder other = new ParameterLayout.Builder().range("all");
    Parameter byColumns = other.addByColumns("x", Initializer.standardNormal(), 2, 3);
    ParameterVector rows = ParameterVector.initialized(layout(one), Devices.FAST, 5);
    ParameterVector columns = ParameterVector.initialized(layout(other), Devices.FAST, 5);

    float[] x = numbers(rows);
    assertThat(numbers(columns)).containsExactly(x[0], x[3], x[1], x[4], x[2], x[5]);
    assertThat(columns.read(byColumns)).isEqualTo(rows.read(byRows)).isEqualTo(x);
    Bits.assertSame(
        Devices.nd(columns.view(byColumns.rows(1, 2))), Devices.nd(rows.view(byRows.rows(1, 2))));
  }

  @Test
  void numbersCrossTheBorderRowByRow() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    Parameter wide = builder.addByColumns("x", Initializer.constant(0), 45, 70);
    ParameterVector vector = ParameterVector.zeros(layout(builder), Devices.FAST);
    float[] numbers = new float[45 * 70];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    vector.write(wide, numbers);
    assertThat(vector.read(wide)).isEqualTo(numbers);
    assertThat(Devices.nd(vector.view(wide)).getDouble(2, 3)).isEqualTo(2 * 70 + 3);
    assertThatThrownBy(() -> vector.write(wide, new float[7]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("x[45, 70] has 3150 numbers, got 7");
    assertThatThrownBy(() -> vector.read(wide.rows(0, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a part of x");
  }

  @Test
  void initialValuesDependOnTheSeedAndTheNameAlone() {
    ParameterLayout.Builder one = new ParameterLayout.Builder().range("all");
    Parameter alone = one.add("x", Initializer.kaimingUniform(4), 100);
    ParameterLayout.Builder two = new ParameterLayout.Builder().range("all");
    two.add("before", Initializer.standardNormal(), 3);
    Parameter behind = two.add("x", Initializer.kaimingUniform(4), 100);

    float[] first = ParameterVector.initialized(layout(one), Devices.FAST, 5).read(alone);
    float[] second = ParameterVector.initialized(layout(two), Devices.FAST, 5).read(behind);
    float[] other = ParameterVector.initialized(layout(one), Devices.FAST, 6).read(alone);

    assertThat(first).containsExactly(second);
    assertThat(first).isNotEqualTo(other);
    for (float value : first) {
      assertThat(value).isBetween(-0.5f, 0.5f); // ±1/√4
    }
  }

  @Test
  void namesAreUnique() {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    builder.add("x", Initializer.constant(0), 1);
    assertThatThrownBy(() -> builder.add("x", Initializer.constant(0), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parameter x exists already");
  }

  private static float[] numbers(ParameterVector vector) {
    return Devices.nd(vector.flat()).toFloatVector();
  }
}
