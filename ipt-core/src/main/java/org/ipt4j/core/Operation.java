package org.ipt4j.core;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was done on a {@link Tape}: enough to print, time or export it.
 *
 * @param name in the field's terms, as {@code conv2d}
 * @param attributes what it was called with beside its inputs, by name
 * @param multiplications of the way forward; 0 where they do not count beside the others'
 */
public record Operation(String name, Map<String, Object> attributes, long multiplications) {
  /** Of attributes that never change. */
  public Operation {
    attributes = Map.copyOf(attributes);
  }

  /**
   * With attributes.
   *
   * @param namesAndValues in turns
   */
  public static Operation of(String name, Object... namesAndValues) {
    Map<String, Object> attributes = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      attributes.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return new Operation(name, attributes, 0);
  }

  /** The same with its cost. */
  public Operation multiplying(long count) {
    return new Operation(name, attributes, count);
  }

  @Override
  public String toString() {
    return attributes.isEmpty() ? name : name + new TreeMap<>(attributes);
  }
}
