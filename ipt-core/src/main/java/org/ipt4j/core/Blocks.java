package org.ipt4j.core;

import java.util.function.Supplier;

/**
 * Long arrays in blocks that are copied to the heap and back, all processors side by side: Java's
 * compiler vectorises loops on the heap only, and a block stays in the nearest cache meanwhile.
 */
final class Blocks {
  /** Numbers of a block. */
  static final int SIZE = 4096;

  /** What is done to a block; has heap memory for one. */
  @FunctionalInterface
  interface Loop {
    /** For the numbers [from, from + length). */
    void run(long from, int length);
  }

  private Blocks() {}

  /** How many blocks {@code length} numbers are. */
  static int count(long length) {
    return Math.toIntExact((length + SIZE - 1) / SIZE);
  }

  /** Takes {@code length} numbers through loops of {@code loops}, one for each processor. */
  static void run(long length, Supplier<Loop> loops) {
    int blocks = count(length);
    Workers.run(
        blocks,
        Math.min(blocks, Workers.count()),
        (share, first, end) -> {
          Loop loop = loops.get();
          for (int i = first; i < end; i++) {
            long from = (long) i * SIZE;
            loop.run(from, (int) Math.min(SIZE, length - from));
          }
        });
  }
}
