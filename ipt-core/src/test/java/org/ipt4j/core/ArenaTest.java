package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class ArenaTest {
  private static final long[] SHAPE = {3, 5};

  @Test
  void arraysBeginAtCacheLinesAndDoNotOverlap() {
    try (Arena arena = Arena.open(Arena.Use.SCRATCH)) {
      INDArray a = arena.array(DataType.FLOAT, SHAPE).assign(1);
      INDArray b = arena.array(DataType.FLOAT, SHAPE).assign(2);
      INDArray c = arena.array(DataType.DOUBLE, SHAPE).assign(3);
      assertThat(address(a) % 64).isZero();
      assertThat(address(b) % 64).isZero();
      assertThat(address(c) % 64).isZero();
      assertThat(a.sumNumber().intValue()).isEqualTo(15);
      assertThat(b.sumNumber().intValue()).isEqualTo(30);
      assertThat(c.sumNumber().intValue()).isEqualTo(45);
    }
  }

  @Test
  void theNextTimeTakesTheSameMemoryAlsoForMoreThanABlock() {
    long large = 3L << 21;
    long[] first = new long[2];
    for (int time = 0; time < 2; time++) {
      try (Arena arena = Arena.open(Arena.Use.SCRATCH)) {
        long a = address(arena.array(DataType.FLOAT, large));
        long b = address(arena.array(DataType.FLOAT, large));
        assertThat(b).isNotEqualTo(a);
        if (time == 0) {
          first[0] = a;
          first[1] = b;
        } else {
          assertThat(new long[] {a, b}).isEqualTo(first);
        }
      }
    }
  }

  @Test
  void theOneOpenedLastServesAndTheOneBeforeItAfterwards() {
    try (Arena pass = Arena.open(Arena.Use.PASS)) {
      long before = address(Arena.allocate(DataType.FLOAT, SHAPE));
      try (Arena scratch = Arena.open(Arena.Use.SCRATCH)) {
        Arena.allocate(DataType.FLOAT, SHAPE);
        assertThatThrownBy(() -> Arena.open(Arena.Use.SCRATCH))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("SCRATCH is open on this thread already");
      }
      assertThat(address(Arena.allocate(DataType.FLOAT, SHAPE))).isEqualTo(before + 64);
    }
    assertThat(Arena.isOpen(Arena.Use.PASS)).isFalse();
  }

  @Test
  void whatOneUseHasGivenBackServesAnother() {
    long large = 3L << 21;
    long free;
    try (Arena pass = Arena.open(Arena.Use.PASS)) {
      free = address(pass.array(DataType.FLOAT, large));
    }
    try (Arena layer = Arena.open(Arena.Use.LAYER);
        Arena scratch = Arena.open(Arena.Use.SCRATCH)) {
      assertThat(address(layer.array(DataType.FLOAT, large))).isEqualTo(free);
      assertThat(address(scratch.array(DataType.FLOAT, large))).isNotEqualTo(free);
    }
  }

  @Test
  void aThreadsMemoryIsGivenBack() throws InterruptedException, ExecutionException {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      thread
          .submit(
              () -> {
                long large = 3L << 25; // 400 MB
                long before = Pointer.totalBytes();
                for (int time = 0; time < 3; time++) {
                  try (Arena arena = Arena.open(Arena.Use.PASS)) {
                    arena.array(DataType.FLOAT, large).putScalar(0, 1f);
                    arena.array(DataType.DOUBLE, SHAPE).assign(2);
                    float[] scratch = Scratch.floats(0, 10);
                    assertThat(Scratch.floats(0, 10)).isSameAs(scratch);
                    assertThat(Pointer.totalBytes() - before).isGreaterThanOrEqualTo(4 * large);
                    assertThatThrownBy(Tape::releaseMemory)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("close its tape first");
                  }
                  float[] scratch = Scratch.floats(0, 10);
                  Tape.releaseMemory();
                  assertThat(Pointer.totalBytes() - before).isLessThan(4 * large);
                  assertThat(Scratch.floats(0, 10)).isNotSameAs(scratch);
                }
              })
          .get();
    } finally {
      thread.shutdown();
    }
  }

  private static long address(INDArray array) {
    return array.data().addressPointer().address();
  }
}
