package org.ipt4j.weights;

import java.util.Arrays;

/**
 * The place of one tensor in a weight file.
 *
 * @param position the byte of the file at which the first element begins
 * @param strides in elements; not negative
 */
record TensorEntry(String name, ElementType type, long[] shape, long[] strides, long position) {
  static final int MAX_RANK = 32; // NumPy's until 2.0

  /** A contiguous tensor, the last dimension fastest. */
  static TensorEntry contiguous(String name, ElementType type, long[] shape, long position) {
    return new TensorEntry(name, type, shape, contiguousStrides(shape), position);
  }

  long elements() {
    return elements(shape);
  }

  /** The number of elements from the first to the last, both included, if the tensor has any. */
  long span() {
    long span = 1;
    for (int d = 0; d < shape.length; d++) {
      span += (shape[d] - 1) * strides[d];
    }
    return span;
  }

  /** The distance in elements from the first element to element {@code i}, counted row by row. */
  long offset(long i) {
    return offset(i, shape, strides);
  }

  static long offset(long i, long[] shape, long[] strides) {
    long rest = i;
    long offset = 0;
    for (int d = shape.length - 1; d >= 0; d--) {
      offset += rest % shape[d] * strides[d];
      rest /= shape[d];
    }
    return offset;
  }

  /** The indices of element {@code i}, counted row by row. */
  long[] indices(long i) {
    long rest = i;
    long[] indices = new long[shape.length];
    for (int d = shape.length - 1; d >= 0; d--) {
      indices[d] = rest % shape[d];
      rest /= shape[d];
    }
    return indices;
  }

  boolean isContiguous() {
    return isContiguous(shape, strides);
  }

  /**
   * The product of {@code shape}.
   *
   * @throws ArithmeticException if it overflows a long, or a size is negative
   */
  static long elements(long[] shape) {
    long product = 1;
    boolean empty = false;
    for (long size : shape) {
      if (size < 0) {
        throw new ArithmeticException("negative size " + size);
      }
      empty |= size == 0;
      product = Math.multiplyExact(product, Math.max(size, 1));
    }
    return empty ? 0 : product;
  }

  static long[] contiguousStrides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= Math.max(shape[d], 1);
    }
    return strides;
  }

  /**
   * Whether the strides are those of a contiguous array; the strides of axes of size 1 do not
   * matter.
   */
  static boolean isContiguous(long[] shape, long[] strides) {
    if (Arrays.stream(shape).anyMatch(size -> size == 0)) {
      return true;
    }
    long[] dense = contiguousStrides(shape);
    for (int d = 0; d < shape.length; d++) {
      if (shape[d] != 1 && strides[d] != dense[d]) {
        return false;
      }
    }
    return true;
  }
}
