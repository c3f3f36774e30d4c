package org.ipt4j.weights;

import java.nio.ByteBuffer;

/**
 * Elements that are not contiguous in memory, such as those of a transposed matrix.
 *
 * @param memory from the first element to the last
 * @param width bytes per element
 * @param strides in elements
 */
record StridedElements(ByteBuffer memory, int width, long[] shape, long[] strides) {
  /** Fills {@code into}, of the same byte order, with the elements from {@code first} on. */
  void copy(long first, ByteBuffer into) {
    for (long index = first; into.hasRemaining(); index++) {
      int at = (int) TensorEntry.offset(index, shape, strides) * width;
      switch (width) {
        case 1 -> into.put(memory.get(at));
        case 2 -> into.putShort(memory.getShort(at));
        case 4 -> into.putInt(memory.getInt(at));
        case 8 -> into.putLong(memory.getLong(at));
        default -> throw new IllegalStateException("elements of " + width + " bytes");
      }
    }
  }
}
