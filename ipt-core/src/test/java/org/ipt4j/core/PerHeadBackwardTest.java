package org.ipt4j.core;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The way back head by head, in float, judged by the plain one, which doubles take. */
class PerHeadBackwardTest {
  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,5,2,3", "3,17,9,4,5", "1,33,4099,1,2", "2,256,256,3,48"})
  void isThePlainGradient(long n, long queries, long keys, int heads, long perHead) {
    long d = heads * perHead;
    InFloat.check(
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[2], heads),
        new long[] {n, queries, d},
        new long[] {n, keys, d},
        new long[] {n, keys, d});
  }

  @Test
  void ofOneVariableAndOfColumns() {
    InFloat.check(
        (tape, v) -> Attention.attention(tape, v[0], v[0], v[0], 2), new long[] {2, 7, 6});
    InFloat.check(
        (tape, v) -> {
          Variable[] qkv = tape.split(Ops.scale(tape, v[0], 1.5), 0, 4, 8, 12);
          return Attention.attention(tape, qkv[0], qkv[1], qkv[2], 2);
        },
        new long[] {2, 3, 12});
    InFloat.check(
        (tape, v) -> {
          Variable[] parts = tape.split(Ops.scale(tape, v[0], 1.5), 0, 2, 6, 7);
          return Attention.attention(tape, parts[1], tape.constant(v[1].value()), v[1], 2);
        },
        new long[] {2, 3, 7},
        new long[] {2, 3, 4});
  }

  @Test
  void isTheSameToTheBitEachTime() {
    OperationContract.Expression attention =
        (tape, v) -> Attention.attention(tape, v[0], v[1], v[0], 3);
    long[] shape = {3, 41, 27};
    Bits.assertSame(
        InFloat.gradients(attention, Devices.FAST, shape, shape),
        InFloat.gradients(attention, Devices.FAST, shape, shape));
  }
}
