package org.ipt4j.core;

import java.util.Arrays;
import java.util.Locale;

/**
 * A named part of every {@link ParameterVector} with the same {@link ParameterLayout}: its place,
 * its shape and its initial values. Holds no numbers. Compared by identity.
 */
public final class Parameter {
  private final Parameter whole; // itself unless it is a part
  private final String name;
  private final long offset;
  private final long firstRow; // of the whole parameter's; 0 unless this is a part
  private final long[] shape;
  private final long[] strides;
  private final Initializer initializer;

  Parameter(String name, long offset, long[] shape, long[] strides, Initializer initializer) {
    this(null, name, offset, 0, shape, strides, initializer);
  }

  private Parameter(
      Parameter whole,
      String name,
      long offset,
      long firstRow,
      long[] shape,
      long[] strides,
      Initializer initializer) {
    this.whole = whole == null ? this : whole;
    this.name = name;
    this.offset = offset;
    this.firstRow = firstRow;
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

  /** The number of its elements. */
  public long length() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** A view of the rows {@code from} (inclusive) to {@code to} (exclusive) of its first axis. */
  public Parameter rows(long from, long to) {
    if (from < 0 || to <= from || to > shape[0]) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "%s has rows 0 to %d, asked for %d to %d", name, shape[0], from, to));
    }
    long[] part = shape.clone();
    part[0] = to - from;
    return new Parameter(
        whole, name, offset + from * strides[0], firstRow + from, part, strides, initializer);
  }

  /** What it is a part of: itself if it is none. */
  Parameter whole() {
    return whole;
  }

  /** The whole parameter's row at which it begins: 0 unless it is a part of one. */
  long firstRow() {
    return firstRow;
  }

  /** Where it begins in the flat vector. */
  long offset() {
    return offset;
  }

  /** The distance between neighbours along each axis. */
  long[] strides() {
    return strides.clone();
  }

  /** Checks that there are as many numbers as elements, and that the parameter has no gaps. */
  void check(float[] numbers) {
    if (isByColumns() && strides[1] != shape[0]) {
      throw new IllegalArgumentException("a part of " + name + " has no piece of its own");
    }
    if (numbers.length != length()) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s has %d numbers, got %d", this, length(), numbers.length));
    }
  }

  /** Whether it is a column-major matrix. */
  boolean isByColumns() {
    return shape.length == 2 && strides[0] == 1 && shape[0] > 1 && shape[1] > 1;
  }

  /**
   * Copies {@code length} of a matrix's numbers, from column {@code left} on, into column-major
   * order.
   */
  void toColumns(float[] numbers, int left, int length, float[] band) {
    int rows = (int) shape[0];
    int columns = (int) shape[1];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < length / rows; c++) {
        band[c * rows + r] = numbers[r * columns + left + c];
      }
    }
  }

  /**
   * The reverse: copies {@code length} column-major numbers, from column {@code left} on, into
   * rows.
   */
  void fromColumns(float[] band, int left, int length, float[] numbers) {
    int rows = (int) shape[0];
    int columns = (int) shape[1];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < length / rows; c++) {
        numbers[r * columns + left + c] = band[c * rows + r];
      }
    }
  }

  Initializer initializer() {
    return initializer;
  }

  @Override
  public String toString() {
    return name + Arrays.toString(shape);
  }
}
