package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;

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
    ParameterVector vector = ParameterVector.initialized(layout(builder), DataType.FLOAT, 1);

    assertThat(vector.flat().toFloatVector()).containsExactly(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
    vector.view(a.rows(1, 2)).assign(7);
    vector.range(vector.layout().range("second")).muli(3);
    assertThat(vector.flat().toFloatVector()).containsExactly(1, 1, 1, 7, 7, 7, 6, 6, 6, 6, 6);
    assertThat(vector.view(b).toFloatVector()).containsOnly(6);
  }

  @Test
  void aMatrixKeptByColumnsIsTheOneKeptByRows() {
    ParameterLayout.Builder one = new ParameterLayout.Builder().range("all");
    Parameter byRows = one.add("x", Initializer.standardNormal(), 2, 3);
    ParameterLayout.Builder other = new ParameterLayout.Builder().range("all");
    Parameter byColumns = other.addByColumns("x", Initializer.standardNormal(), 2, 3);
    ParameterVector rows = ParameterVector.initialized(layout(one), DataType.FLOAT, 5);
    ParameterVector columns = ParameterVector.initialized(layout(other), DataType.FLOAT, 5);

    float[] x = rows.flat().toFloatVector();
    assertThat(columns.flat().toFloatVector()).containsExactly(x[0], x[3], x[1], x[4], x[2], x[5]);
    assertThat(columns.view(byColumns)).isEqualTo(rows.view(byRows));
    assertThat(columns.view(byColumns.rows(1, 2))).isEqualTo(rows.view(byRows.rows(1, 2)));
  }

  @ParameterizedTest
  @CsvSource({"FLOAT, 70, 101", "DOUBLE, 70, 101", "FLOAT, 1, 40", "FLOAT, 40, 1", "FLOAT, 32, 64"})
  void numbersGoRowByRowHoweverTheyLie(DataType type, int height, int width) {
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    Parameter before = builder.add("before", Initializer.constant(-1), 3);
    Parameter rows = builder.add("rows", Initializer.standardNormal(), height, width);
    Parameter columns =
        builder.addByColumns("columns", Initializer.standardNormal(), height, width);
    Parameter after = builder.add("after", Initializer.constant(-2), 2, 2, 1, 1);
    ParameterVector vector = ParameterVector.initialized(layout(builder), type, 5);
    assertThat(vector.read(before)).containsExactly(-1, -1, -1);
    assertThat(vector.read(after)).containsExactly(-2, -2, -2, -2);
    assertThat(vector.read(rows)).isEqualTo(vector.view(rows).ravel().toFloatVector());
    assertThat(vector.read(columns)).isEqualTo(vector.view(columns).ravel().toFloatVector());

    ParameterVector copy = ParameterVector.zeros(vector.layout(), type);
    for (Parameter parameter : vector.layout().parameters()) {
      copy.write(parameter, vector.read(parameter));
    }
    float[] numbers = vector.flat().toFloatVector();
    assertThat(copy.flat().toFloatVector()).isEqualTo(numbers);

    int from = height / 3;
    int to = height / 2 + 1;
    for (Parameter whole : new Parameter[] {rows, columns}) {
      Parameter part = whole.rows(from, to);
      float[] expected = copy.read(whole);
      float[] some = copy.read(part);
      assertThat(some).isEqualTo(Arrays.copyOfRange(expected, from * width, to * width));
      Arrays.fill(some, 7);
      copy.write(part, some);
      Arrays.fill(expected, from * width, to * width, 7);
      assertThat(copy.read(whole)).isEqualTo(expected);
    }
    assertThat(copy.read(before)).containsExactly(-1, -1, -1);
    assertThat(copy.read(after)).containsExactly(-2, -2, -2, -2);
    assertThatThrownBy(() -> copy.write(after, new float[3]))
        .hasMessage("after of shape [2, 2, 1, 1] has 4 numbers, got 3");
  }

  @Test
  void initialValuesDependOnTheSeedAndTheNameAlone() {
    ParameterLayout.Builder one = new ParameterLayout.Builder().range("all");
    Parameter alone = one.add("x", Initializer.kaimingUniform(4), 100);
    ParameterLayout.Builder two = new ParameterLayout.Builder().range("all");
    two.add("before", Initializer.standardNormal(), 3);
    Parameter behind = two.add("x", Initializer.kaimingUniform(4), 100);

    float[] first =
        ParameterVector.initialized(layout(one), DataType.FLOAT, 5).view(alone).toFloatVector();
    float[] second =
        ParameterVector.initialized(layout(two), DataType.FLOAT, 5).view(behind).toFloatVector();
    float[] other =
        ParameterVector.initialized(layout(one), DataType.FLOAT, 6).view(alone).toFloatVector();

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
}
