package org.ipt4j.core;

import java.util.Arrays;

/** The parts of a block that were given back below its top: in order, and no two of them touch. */
final class Gaps {
  private long[] begins = new long[8];
  private long[] ends = new long[8];
  private int count;

  /** Whether one of them has room. */
  boolean fit(long length) {
    return smallest(length) >= 0;
  }

  /** Takes {@code length} numbers from the smallest that has room; yields where they begin. */
  long take(long length) {
    int i = smallest(length);
    long begin = begins[i];
    begins[i] += length;
    if (begins[i] == ends[i]) {
      remove(i);
    }
    return begin;
  }

  private int smallest(long length) {
    int found = -1;
    for (int i = 0; i < count; i++) {
      long room = ends[i] - begins[i];
      if (room >= length && (found < 0 || room < ends[found] - begins[found])) {
        found = i;
      }
    }
    return found;
  }

  /** Adds what lies from {@code begin} to {@code end}. */
  void give(long begin, long end) {
    int i = 0;
    while (i < count && ends[i] < begin) {
      i++;
    }
    if (i < count && ends[i] == begin) {
      ends[i] = end;
      if (i + 1 < count && begins[i + 1] == end) {
        ends[i] = ends[i + 1];
        remove(i + 1);
      }
    } else if (i < count && begins[i] == end) {
      begins[i] = begin;
    } else {
      insert(i, begin, end);
    }
  }

  private void insert(int i, long begin, long end) {
    if (count == begins.length) {
      begins = Arrays.copyOf(begins, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
    }
    System.arraycopy(begins, i, begins, i + 1, count - i);
    System.arraycopy(ends, i, ends, i + 1, count - i);
    begins[i] = begin;
    ends[i] = end;
    count++;
  }

  private void remove(int i) {
    count--;
    System.arraycopy(begins, i + 1, begins, i, count - i);
    System.arraycopy(ends, i + 1, ends, i, count - i);
  }

  /** The top of what is in use if {@code top} was so far: lower where the last gap reaches it. */
  long lower(long top) {
    if (count == 0 || ends[count - 1] != top) {
      return top;
    }
    count--;
    return begins[count];
  }

  /** Forgets them all. */
  void clear() {
    count = 0;
  }
}
