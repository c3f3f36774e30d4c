package org.ipt4j.core;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays for the gradients of a way back. One that is done with, since it has flowed on, gives its
 * memory to another of its length or a little less.
 */
final class GradientPool {
  private static final int MOST = 2; // times what a gradient needs, in memory it is given

  private final Arena memory;
  private final DataType type;
  private final NavigableMap<Long, Deque<INDArray>> spare = new TreeMap<>(); // by length
  private final Map<INDArray, INDArray> wholes = new IdentityHashMap<>(); // of parts given out

  GradientPool(Arena memory, DataType type) {
    this.memory = memory;
    this.type = type;
  }

  /** An array, its content undefined. */
  INDArray array(long[] shape) {
    long length = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    Map.Entry<Long, Deque<INDArray>> nearest = spare.ceilingEntry(length);
    if (nearest == null || nearest.getKey() > MOST * length) {
      return memory.array(type, shape);
    }
    INDArray found = nearest.getValue().pop();
    if (nearest.getValue().isEmpty()) {
      spare.remove(nearest.getKey());
    }
    if (Arrays.equals(found.shape(), shape)) {
      return found;
    }
    INDArray part = Kernels.view(found, 0, shape, Nd4j.getStrides(shape, 'c'));
    wholes.put(part, found);
    return part;
  }

  /** Takes back an array that was given out; nobody reads it any more. */
  void recycle(INDArray gradient) {
    INDArray whole = wholes.getOrDefault(gradient, gradient);
    spare.computeIfAbsent(whole.length(), length -> new ArrayDeque<>()).push(whole);
  }
}
