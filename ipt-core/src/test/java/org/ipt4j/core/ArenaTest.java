package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class ArenaTest {
  private static final Device FAST = Devices.FAST;
  private static final long[] SHAPE = {3, 5};

  @Test
  void arraysBeginAtCacheLinesAndDoNotOverlap() {
    try (Arena arena = Arena.open(FAST, Arena.Use.SCRATCH)) {
      Array a = arena.array(SHAPE);
      Array b = arena.array(SHAPE);
      FAST.fill(a, 1);
      FAST.fill(b, 2);
      assertThat(address(a) % 64).isZero();
      assertThat(address(b) % 64).isZero();
      assertThat(FAST.sum(a)).isEqualTo(15);
      assertThat(FAST.sum(b)).isEqualTo(30);
    }
  }

  @Test
  void theNextTimeTakesTheSameMemoryAlsoForMoreThanABlock() {
    long large = 3L << 21;
    long[] first = new long[2];
    for (int time = 0; time < 2; time++) {
      try (Arena arena = Arena.open(FAST, Arena.Use.SCRATCH)) {
        long a = address(arena.array(large));
        long b = address(arena.array(large));
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
    try (Arena pass = Arena.open(FAST, Arena.Use.PASS)) {
      long before = address(Arena.allocate(FAST, SHAPE));
      try (Arena scratch = Arena.open(FAST, Arena.Use.SCRATCH)) {
        Arena.allocate(FAST, SHAPE);
        assertThatThrownBy(() -> Arena.open(FAST, Arena.Use.SCRATCH))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("SCRATCH is open on this thread already");
      }
      assertThat(address(Arena.allocate(FAST, SHAPE))).isEqualTo(before + 64);
    }
    assertThat(Arena.isOpen(FAST, Arena.Use.PASS)).isFalse();
  }

  @Test
  void closingTwiceEndsNoOtherOfTheSameUse() {
    Arena first = Arena.open(FAST, Arena.Use.SCRATCH);
    first.close();
    first.close();
    try (Arena second = Arena.open(FAST, Arena.Use.SCRATCH)) {
      long address = address(second.array(SHAPE));
      first.close();
      assertThat(address(second.array(SHAPE))).isNotEqualTo(address);
      assertThat(Arena.isOpen(FAST, Arena.Use.SCRATCH)).isTrue();
    }
  }

  @Test
  void whatOneUseHasGivenBackServesAnother() {
    long large = 3L << 21;
    long free;
    try (Arena pass = Arena.open(FAST, Arena.Use.PASS)) {
      free = address(pass.array(large));
    }
    try (Arena layer = Arena.open(FAST, Arena.Use.LAYER);
        Arena scratch = Arena.open(FAST, Arena.Use.SCRATCH)) {
      assertThat(address(layer.array(large))).isEqualTo(free);
      assertThat(address(scratch.array(large))).isNotEqualTo(free);
    }
  }

  @Test
  void whatIsEndedEarlyServesAgain() {
    try (Arena pass = Arena.open(FAST, Arena.Use.PASS)) {
      long first = address(pass.array(16));
      Arena.Piece apart = pass.piece(16);
      int made = pass.made();
      pass.array(16);
      pass.array(48);
      long small = address(pass.array(15));
      pass.endSince(made);
      assertThat(pass.made()).isEqualTo(made);
      assertThat(address(pass.array(70))).as("above what is small").isGreaterThan(small);
      assertThat(address(pass.array(40))).as("where the 48 were").isEqualTo(first + 3 * 64);
      pass.end(apart);
      assertThat(address(pass.array(16))).as("the smallest room").isEqualTo(first + 64);
    }
  }

  /** So that the end of an array's last line, given back, is within its block. */
  @Test
  void blocksAreOfWholeLines() {
    CountingDevice counting = new CountingDevice();
    try (Arena pass = Arena.open(counting, Arena.Use.PASS)) {
      pass.array((3L << 21) + 1);
    }
    assertThat(counting.allocated).isEqualTo((3L << 21) + 16);
  }

  private static final class CountingDevice extends Nd4jDevice {
    private long allocated;

    CountingDevice() {
      super(Precision.FLOAT);
    }

    @Override
    protected Array allocate(long length) {
      allocated += length;
      return super.allocate(length);
    }
  }

  @Test
  void aBlockWithoutArraysServesAnotherUse() {
    try (Arena pass = Arena.open(FAST, Arena.Use.PASS)) {
      long large = address(pass.array(3L << 21));
      pass.endSince(0);
      try (Arena scratch = Arena.open(FAST, Arena.Use.SCRATCH)) {
        assertThat(address(scratch.array(3L << 21))).isEqualTo(large);
      }
    }
  }

  @Test
  void gapsThatTouchBecomeOne() {
    Gaps gaps = new Gaps();
    for (long begin = 0; begin < 40; begin += 2) { // every other one, more than there is room for
      gaps.give(begin, begin + 1);
    }
    assertThat(gaps.fit(2)).isFalse();
    gaps.give(3, 4);
    assertThat(gaps.fit(3)).isTrue();
    assertThat(gaps.fit(4)).isFalse();
    assertThat(gaps.take(3)).isEqualTo(2);
    assertThat(gaps.take(1)).isZero();
    assertThat(gaps.lower(39)).isEqualTo(38);
    assertThat(gaps.lower(38)).isEqualTo(38);
    gaps.give(37, 38);
    assertThat(gaps.lower(38)).isEqualTo(36);
    gaps.clear();
    assertThat(gaps.fit(1)).isFalse();
  }

  @Test
  void aPassOfManyArraysMakesThemOnce() {
    List<Array> first = pass(20_000, 1);
    List<Array> second = pass(20_000, 1);
    for (int i = 0; i < first.size(); i++) {
      assertThat(second.get(i)).isSameAs(first.get(i));
    }
  }

  @Test
  void shapesThatVaryWithoutEndAreForgotten() {
    Array once = pass(1, 7).get(0);
    assertThat(pass(1, 7)).containsExactly(once);
    for (int length = 8; length < 40_000; length++) {
      pass(1, length);
    }
    assertThat(pass(1, 7).get(0)).isNotSameAs(once);
    assertThat(pass(1, 39_999)).containsExactlyElementsOf(pass(1, 39_999));
  }

  /** The arrays of a pass, each of so many numbers. */
  private static List<Array> pass(int arrays, int length) {
    List<Array> all = new ArrayList<>();
    try (Arena arena = Arena.open(FAST, Arena.Use.NEXT_LAYER)) {
      for (int i = 0; i < arrays; i++) {
        all.add(arena.array(length));
      }
    }
    return all;
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
                  try (Arena arena = Arena.open(FAST, Arena.Use.PASS)) {
                    FAST.fill(arena.array(large).view(0, SHAPE, new long[] {5, 1}), 1);
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

  private static long address(Array array) {
    return ((Nd4jArray) array).address();
  }
}
