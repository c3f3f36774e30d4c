package org.ipt4j.core;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Random numbers by counters: a generator is a pure function of a seed and counters (step, sample,
 * …). What is drawn does not depend on what happened before, so resuming, prefetching or
 * distributing work cannot change it.
 */
public final class Randomness {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private Randomness() {}

  /** A fresh generator for one place in a run, for instance {@code at(seed, step, sample)}. */
  public static RandomGenerator at(long seed, long... counters) {
    return new SplittableRandom(seedAt(seed, counters));
  }

  /** A seed derived as in {@link #at}, for code that takes a seed instead of a generator. */
  public static long seedAt(long seed, long... counters) {
    long state = mix(seed + GOLDEN_GAMMA);
    for (long counter : counters) {
      state = mix(state + GOLDEN_GAMMA + mix(counter + GOLDEN_GAMMA));
    }
    return state;
  }

  // Stafford's variant 13 of the 64-bit finaliser of MurmurHash3, as in SplittableRandom.
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
