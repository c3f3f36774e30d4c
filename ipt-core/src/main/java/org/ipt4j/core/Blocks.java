package org.ipt4j.core;

import java.util.function.Supplier;

/**
 * Processes long arrays in blocks that are copied to the heap and back, on all processors at once.
 * Java's compiler vectorises only loops over heap arrays, and a block stays in the nearest cache.
 */
final class Blocks {
  /** Numbers in a block. */
  static final int SIZE = 4096;

  /** What is done to a block; holds heap memory for one block. */
  @FunctionalInterface
  interface Loop {
    /** Processes the numbers [from, from + length). */
    void run(long from, int length);
  }

  private Blocks() {}

  /** The number of blocks that {@code length} numbers make. */
  static int count(long length) {
    return Math.toIntExact((length + SIZE - 1) / SIZE);
  }

  /** Runs {@code length} numbers through loops made by {@code loops}, one loop per processor. */
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
