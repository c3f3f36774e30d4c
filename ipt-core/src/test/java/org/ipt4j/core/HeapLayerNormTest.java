package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layer normalisation on the heap, in float, judged by ND4J's operations in double. */
class HeapLayerNormTest {
  @ParameterizedTest
  @CsvSource({"1,1,1", "1,1,2", "3,17,7", "2,5,192", "1,3,4099", "7,211,19", "2,256,576"})
  void isThePlainOne(long n, long s, long d) {
    long[] row = {d};
    InFloat.check(
        (tape, v) -> Ops.layerNorm(tape, v[0], v[1], v[2]), new long[] {n, s, d}, row, row);
  }

  @Test
  void rowsFarFromZeroKeepTheirSpread() {
    float[] numbers = new float[8];
    for (int i = 0; i < 8; i++) {
      numbers[i] = 1000 + (i % 2 == 0 ? 0.5f : -0.5f);
    }
    Device device = Devices.FAST;
    Array x = device.array(numbers, 0, 1, 8);
    Array y = device.array(1, 8);
    Array mean = device.array(1, 1);
    Array inverse = device.array(1, 1);
    Array ones = device.filled(1, 8);
    Array zeros = device.filled(0, 8);
    new HeapLayerNorm(new NormalisedRows(x, ones, zeros, y, mean, inverse)).forward(0);
    assertThat(device.number(mean)).isEqualTo(1000);
    assertThat(device.number(inverse)).isEqualTo(2);
    device.read(y, numbers, 0);
    assertThat(numbers).containsExactly(1, -1, 1, -1, 1, -1, 1, -1);
  }
}
