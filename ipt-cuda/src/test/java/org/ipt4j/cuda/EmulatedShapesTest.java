package org.ipt4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.contrastive.ContrastiveLoss;
import org.ipt4j.core.Array;
import org.ipt4j.core.Attention;
import org.ipt4j.core.ConvOps;
import org.ipt4j.core.Device;
import org.ipt4j.core.InFloat;
import org.ipt4j.core.NormalisedRows;
import org.ipt4j.core.OperationContract;
import org.ipt4j.core.Ops;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shapes that need other kernels than usual, or several blocks of them. */
class EmulatedShapesTest {
  private final Device device = TestDevices.emulated(Arithmetic.FLOAT32);
  private final List<Device> devices = List.of(device, TestDevices.emulatedTuring());

  private void check(OperationContract.Expression expression, long[]... shapes) {
    InFloat.check(devices, expression, shapes);
  }

  /** The second time addresses are whole floats, not whole pairs. */
  @ParameterizedTest
  @ValueSource(longs = {2, 3, 64, 65, 190, 192, 320, 576, 1024, 1025, 2000})
  void layerNorm(long d) {
    long[] x = {1, 9, d};
    long[] row = {d};
    check((tape, v) -> Ops.layerNorm(tape, v[0], v[1], v[2]), x, row, row);
    check((tape, v) -> Ops.layerNorm(tape, v[1], v[2], v[3]), new long[] {1}, x, row, row);
  }

  @ParameterizedTest
  @CsvSource({"1,3,200,1,130", "2,300,5,2,9", "1,5,290,1,48", "1,161,33,2,16", "2,2,3,1,200"})
  void attention(long n, long queries, long keys, int heads, long perHead) {
    long d = heads * perHead;
    check(
        (tape, v) -> Attention.attention(tape, v[1], v[2], v[3], heads),
        new long[] {1},
        new long[] {n, queries, d},
        new long[] {n, keys, d},
        new long[] {n, keys, d});
  }

  @ParameterizedTest
  @CsvSource({"1,17,9,5,8,3", "1,40,33,3,4,3", "1,3,12,20,49,5", "2,16,70,2,36,3", "1,2,3,7,4,9"})
  void conv2d(long n, long in, long out, long h, long w, long k) {
    check(
        (tape, v) -> ConvOps.conv2d(tape, v[1], v[2], v[3]),
        new long[] {1},
        new long[] {n, in, h, w},
        new long[] {out, in, k, k},
        new long[] {out});
  }

  @ParameterizedTest
  @CsvSource({"300,4,5", "1,1,1030", "33,1028,3", "70000,1,4"})
  void linearRelu(long rows, long in, long out) {
    check(
        (tape, v) -> Ops.linearRelu(tape, v[1], v[2], v[3]),
        new long[] {1},
        new long[] {1, rows, in},
        new long[] {out, in},
        new long[] {out});
  }

  @Test
  void splitOfWhichTwoPartsAreUsedAtOddColumns() {
    check(
        (tape, v) -> {
          var parts = tape.split(Ops.scale(tape, v[0], 1.5), 0, 1, 5, 9, 12);
          return Attention.attention(tape, parts[1], parts[2], parts[2], 2);
        },
        new long[] {2, 3, 12});
  }

  @ParameterizedTest
  @EnumSource
  void contrastiveLoss(ContrastiveForm form) {
    check((tape, v) -> ContrastiveLoss.of(tape, v[0], form), new long[] {3, 4, 5});
    check((tape, v) -> ContrastiveLoss.of(tape, v[0], form), new long[] {2, 9, 36});
  }

  @Test
  void broadcastOfEachKind() {
    long[] shape = {2, 3, 4, 5};
    for (long[] other :
        new long[][] {
          shape,
          {1},
          {5},
          {4, 1},
          {4, 5},
          {3, 1, 1},
          {1, 3, 1, 1},
          {2, 1, 1, 1},
          {2, 1, 4, 1},
          {1, 3, 1, 5},
          {2, 3, 1, 1}
        }) {
      float[] a = numbers(120);
      int length = 1;
      for (long size : other) {
        length *= (int) size;
      }
      float[] b = numbers(length);
      Array y = device.array(shape);
      device.subtract(device.array(a, 0, shape), device.array(b, 0, other), y);
      float[] actual = read(y);
      for (int i = 0; i < 120; i++) {
        int[] at = {i / 60, i / 20 % 3, i / 5 % 4, i % 5};
        int place = 0;
        for (int axis = 0; axis < other.length; axis++) {
          int size = (int) other[axis];
          place = place * size + (size == 1 ? 0 : at[4 - other.length + axis]);
        }
        assertThat(actual[i]).as("%d with %s", i, List.of(other)).isEqualTo(a[i] - b[place]);
      }
    }
  }

  @Test
  void permutationsOfSixAxes() {
    long[] shape = {2, 3, 2, 5, 1, 7};
    float[] numbers = numbers(420);
    Array y = device.array(2, 7, 5, 3, 1, 2);
    device.permute(device.array(numbers, 0, shape), y, 0, 5, 3, 1, 4, 2);
    float[] actual = read(y);
    for (int i = 0; i < 420; i++) {
      int n = i / 210;
      int f = i / 30 % 7;
      int d = i / 6 % 5;
      int b = i / 2 % 3;
      int c = i % 2;
      assertThat(actual[i]).isEqualTo(numbers[(((n * 3 + b) * 2 + c) * 5 + d) * 7 + f]);
    }
  }

  /** As the contrastive losses use them: a diagonal, columns of a wider array. */
  @Test
  void arraysWithGaps() {
    float[] numbers = numbers(6 * 24);
    Array all = device.array(numbers, 0, 6, 24);
    Array columns = all.view(7, new long[] {6, 6}, new long[] {24, 1});
    Array diagonal = all.view(7, new long[] {6}, new long[] {25});
    double sum = 0;
    double absolute = 0;
    double trace = 0;
    for (int r = 0; r < 6; r++) {
      for (int c = 0; c < 6; c++) {
        sum += numbers[24 * r + 7 + c];
        absolute += Math.abs(numbers[24 * r + 7 + c]);
      }
      trace += numbers[25 * r + 7];
    }
    assertThat(device.sum(columns)).isCloseTo(sum, within(1e-9));
    assertThat(device.absoluteSum(columns)).isCloseTo(absolute, within(1e-9));
    assertThat(device.sum(diagonal)).isCloseTo(trace, within(1e-9));
    Array softmax = device.array(6, 6);
    device.softmax(columns, softmax);
    assertThat(device.sum(softmax)).isCloseTo(6, within(1e-5));
    double e = 0;
    for (int c = 0; c < 6; c++) {
      e += Math.exp(numbers[24 + 7 + c]);
    }
    assertThat((double) read(softmax)[6]).isCloseTo(Math.exp(numbers[24 + 7]) / e, within(1e-6));
    device.softmax(columns, columns);
    assertThat(read(columns)).containsExactly(read(softmax));
    assertThat(read(all)[6]).isEqualTo(numbers[6]);
    Array sums = device.array(6, 24);
    Array column = sums.view(3, new long[] {1, 6}, new long[] {1, 24});
    device.sumColumns(softmax, 0, column);
    assertThat(device.sum(column)).isCloseTo(6, within(1e-5));
    device.fill(diagonal, Float.NaN);
    assertThat(device.isFinite(columns)).isFalse();
    device.fill(diagonal, 2);
    assertThat(device.isFinite(columns)).isTrue();
    assertThat(device.sum(diagonal)).isEqualTo(12);
  }

  @Test
  void emptyArrays() {
    Array none = device.array(0, 5);
    device.fill(none, 1);
    device.softmax(none, device.array(0, 5));
    device.sumRows(none, 1, device.array(0, 1));
    Array sums = device.array(1, 5);
    device.sumColumns(none, 0, sums);
    assertThat(read(sums)).containsOnly(0);
    assertThat(device.sum(none)).isZero();
    assertThat(device.isFinite(none)).isTrue();
    device.product(none, device.filled(1, 5, 3), 1, 0, device.array(0, 3));
    Array y = device.array(3, 3);
    device.product(device.array(3, 0), device.array(0, 3), 1, 0, y);
    assertThat(read(y)).containsOnly(0);
  }

  @Test
  void layerNormOfNoRows() {
    Array none = device.array(0, 6);
    Array ofRows = device.array(0, 1);
    Array gain = device.filled(1, 6);
    Array dgain = device.filled(3, 6);
    Array dbias = device.filled(4, 6);

    NormalisedRows rows = new NormalisedRows(none, gain, gain, device.array(0, 6), ofRows, ofRows);
    device.layerNorm(rows, 1e-5);
    device.layerNormBackward(rows, none, null, dgain, dbias);

    assertThat(read(dgain)).containsOnly(0);
    assertThat(read(dbias)).containsOnly(0);
  }

  private float[] read(Array x) {
    float[] numbers = new float[(int) x.length()];
    device.read(x, numbers, 0);
    return numbers;
  }

  private static float[] numbers(int length) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(length);
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
