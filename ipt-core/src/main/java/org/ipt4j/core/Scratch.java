package org.ipt4j.core;

/**
 * Heap arrays that a thread reuses; without them, operations that work block by block would make
 * most of the garbage. Each array is used by one operation at a time.
 */
final class Scratch {
  private static final int ARRAYS = 5;
  private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

  private final float[][] floats = new float[ARRAYS][0];
  private final int[][] ints = new int[ARRAYS][0];

  private Scratch() {}

  /** Leaves this thread's arrays to the collector. */
  static void release() {
    OWN.remove();
  }

  /**
   * This thread's array {@code which} (0 to 4), of {@code length} numbers or more; content
   * undefined.
   */
  static float[] floats(int which, int length) {
    float[][] own = OWN.get().floats;
    if (own[which].length < length) {
      own[which] = new float[length];
    }
    return own[which];
  }

  /** As {@link #floats}. */
  static int[] ints(int which, int length) {
    int[][] own = OWN.get().ints;
    if (own[which].length < length) {
      own[which] = new int[length];
    }
    return own[which];
  }
}
