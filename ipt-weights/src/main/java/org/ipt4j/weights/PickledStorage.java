package org.ipt4j.weights;

/**
 * A pickle's reference to numbers stored outside it.
 *
 * @param key names the stored numbers
 * @param elements how many are stored
 * @param first the first one used; above 0 only in views as old PyTorch versions wrote them
 * @param count how many are used
 */
record PickledStorage(String key, ElementType type, long elements, long first, long count) {
  PickledStorage {
    if (first < 0 || count < 0 || first > elements || count > elements - first) {
      throw new IllegalArgumentException(
          "storage " + key + " of " + elements + " elements has no " + count + " from " + first);
    }
    Math.multiplyExact(elements, (long) type.width());
  }

  long byteLength() {
    return elements * type.width();
  }
}
