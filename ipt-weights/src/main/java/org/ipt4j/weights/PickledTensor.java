package org.ipt4j.weights;

import java.util.Arrays;

/**
 * A pickle's tensor: a view of a storage.
 *
 * @param offset of the first element among those that the storage uses
 */
record PickledTensor(PickledStorage storage, long offset, long[] shape, long[] strides) {
  /**
   * Refuses a tensor that is not within its storage, or has more elements than it (PyTorch's
   * expanded tensors), so that no small file makes a large array.
   *
   * @throws ArithmeticException if the shape or the strides overflow a long
   */
  PickledTensor {
    if (shape.length != strides.length || Arrays.stream(strides).anyMatch(s -> s < 0)) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " with strides " + Arrays.toString(strides));
    }
    long elements = TensorEntry.elements(shape);
    long last = offset;
    for (int d = 0; d < shape.length && elements > 0; d++) {
      last = Math.addExact(last, Math.multiplyExact(shape[d] - 1, strides[d]));
    }
    long end = elements == 0 ? offset : Math.addExact(last, 1);
    if (offset < 0 || end > storage.count() || elements > storage.count()) {
      throw new IllegalArgumentException(
          "a tensor of shape "
              + Arrays.toString(shape)
              + ", strides "
              + Arrays.toString(strides)
              + ", from element "
              + offset
              + " on, in a storage of "
              + storage.count()
              + " elements");
    }
  }
}
