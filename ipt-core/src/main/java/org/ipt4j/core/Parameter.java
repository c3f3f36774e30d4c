package org.ipt4j.core;

import java.util.Arrays;
import java.util.Locale;

/**
 * A named part of every {@link ParameterVector} with the same {@link ParameterLayout}: where it
 * lies, its shape, how it starts. Holds no numbers. Compared by identity.
 */
public final class Parameter {
  private final String name;
  private final long offset;
  private final long[] shape;
  private final long[] strides;
  private final Initializer initializer;

  Parameter(String name, long offset, long[] shape, long[] strides, Initializer initializer) {
    this.name = name;
    this.offset = offset;
    this.shape = shape.clone();
    this.strides = strides.clone();
    this.initializer = initializer;
  }

  /** The name under which weights are stored. */
  public String name() {
    return name;
  }

  /** Its shape. */
  public long[] shape() {
    return shape.clone();
  }

  /** How many numbers it holds. */
  public long length() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** The rows {@code from} (inclusive) to {@code to} (exclusive) of its first axis, as a view. */
  public Parameter rows(long from, long to) {
    if (from < 0 || to <= from || to > shape[0]) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s has rows 0 to %d, asked for %d to %d", name, shape[0], from, to));
    }
    long[] part = shape.clone();
    part[0] = to - from;
    return new Parameter(name, offset + from * strides[0], part, strides, initializer);
  }

  /** Where it begins. */
  long offset() {
    return offset;
  }

  /** How far apart neighbours lie along each axis. */
  long[] strides() {
    return strides.clone();
  }

  /** Where number {@code i} of it, counted row by row, lies in the vector. */
  long place(long i) {
    long place = offset;
    long rest = i;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      place += rest % shape[axis] * strides[axis];
      rest /= shape[axis];
    }
    return place;
  }

  Initializer initializer() {
    return initializer;
  }

  @Override
  public String toString() {
    return name + Arrays.toString(shape);
  }
}
