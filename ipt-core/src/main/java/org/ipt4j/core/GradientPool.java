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

  /** An array; content undefined. */
  Array array(long[] shape) {
    long length = Array.length(shape);
    Map.Entry<Long, Deque<Array>> nearest = spare.ceilingEntry(length);
    if (nearest == null || nearest.getKey() > MOST * length) {
      return memory.array(shape);
    }
    Array found = nearest.getValue().pop();
    if (nearest.getValue().isEmpty()) {
      spare.remove(nearest.getKey());
    }
    if (found.hasShape(shape)) {
      return found;
    }
    Array part = found.view(0, shape, Array.rowByRow(shape));
    wholes.put(part, found);
    return part;
  }

  /** Takes back an array that was given out; nobody may read it any more. */
  void recycle(Array gradient) {
    Array whole = wholes.getOrDefault(gradient, gradient);
    spare.computeIfAbsent(whole.length(), length -> new ArrayDeque<>()).push(whole);
  }
}
