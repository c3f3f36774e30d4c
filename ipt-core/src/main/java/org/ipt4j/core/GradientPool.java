package org.ipt4j.core;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Arrays for the gradients of a backward pass. A gradient that is no longer needed gives its memory
 * to another of the same length or a little less.
 */
final class GradientPool {
  private static final int MOST = 2; // times what a gradient needs, in memory it is given

  private final Arena memory;
  private final NavigableMap<Long, Deque<Array>> spare = new TreeMap<>(); // by length
  private final Map<Array, Array> wholes = new IdentityHashMap<>(); // of parts given out

  GradientPool(Arena memory) {
    this.memory = memory;
  }

  /** An array of the shape of {@code value}, kept in as many bits; content undefined. */
  Array arrayFor(Array value) {
    long length = value.memory();
    Map.Entry<Long, Deque<Array>> nearest = spare.ceilingEntry(length);
    if (nearest == null || nearest.getKey() > MOST * length) {
      Array made = length == value.length() ? memory.array(value.shape()) : memory.array(length);
      return seenAs(value, made);
    }
    Array found = nearest.getValue().pop();
    if (nearest.getValue().isEmpty()) {
      spare.remove(nearest.getKey());
    }
    return seenAs(value, found);
  }

  private Array seenAs(Array value, Array found) {
    Array part = value.over(found);
    if (part != found) {
      wholes.put(part, found);
    }
    return part;
  }

  /** Takes back an array that was given out; nobody may read it any more. */
  void recycle(Array gradient) {
    Array whole = wholes.getOrDefault(gradient, gradient);
    spare.computeIfAbsent(whole.length(), length -> new ArrayDeque<>()).push(whole);
  }
}
