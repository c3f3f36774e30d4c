package org.ipt4j.core;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The description of an operation on a {@link Tape}: enough to print, time or export it.
 *
 * @param name the field's name for it, such as {@code conv2d}
 * @param attributes its arguments other than its inputs, by name
 * @param multiplications of the forward pass; 0 if they are negligible
 */
public record Operation(String name, Map<String, Object> attributes, long multiplications) {
  /** Copies the attributes, so that they never change. */
  public Operation {
    attributes = Map.copyOf(attributes);
  }

  /**
   * An operation with attributes.
   *
   * @param namesAndValues names and values in turn
   */
  public static Operation of(String name, Object... namesAndValues) {
    Map<String, Object> attributes = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      attributes.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return new Operation(name, attributes, 0);
  }

  /** The same operation with its number of multiplications. */
  public Operation multiplying(long count) {
    return new Operation(name, attributes, count);
  }

  @Override
  public String toString() {
    return attributes.isEmpty() ? name : name + new TreeMap<>(attributes);
  }
}
