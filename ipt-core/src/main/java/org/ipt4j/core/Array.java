package org.ipt4j.core;

import java.util.Arrays;
import java.util.Locale;

/**
 * Numbers in the memory of a {@link Device}, with a shape and strides. Only the device's operations
 * read and write the numbers.
 */
public abstract class Array {
  private final long[] shape;
  private final long[] strides;
  private final long length;

  // arrays of an arena serve pass after pass, and are seen alike in each
  private volatile Array reshaped; // as it was last; null: never
  private volatile Array transposed; // null: never

  /**
   * An array with this shape and these strides.
   *
   * @param strides the distance between neighbours along each axis, in numbers
   */
  protected Array(long[] shape, long[] strides) {
    this.shape = shape.clone();
    this.strides = strides.clone();
    this.length = length(shape);
  }

  /** The device whose memory holds the numbers. */
  public abstract Device device();

  /**
   * A view of the same numbers from {@code offset} on, with another shape and strides.
   *
   * @param offset relative to the first number of this array
   */
  public abstract Array view(long offset, long[] otherShape, long[] otherStrides);

  /** How many numbers an array of this shape has. */
  static long length(long[] shape) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    return length;
  }

  /** The strides of a contiguous, row-major array of this shape. */
  public static long[] rowByRow(long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strides;
  }

  /** How much memory its numbers take, in numbers of its device's precision. */
  protected long memory() {
    return length;
  }

  /** Whether it is all of {@code memory}, perhaps kept in fewer bits. */
  protected boolean isAllOf(Array memory) {
    return this == memory;
  }

  /**
   * A contiguous array of this shape, kept in as many bits, in other memory.
   *
   * @param memory contiguous, of at least {@link #memory} numbers
   */
  protected Array over(Array memory) {
    return memory.hasShape(shape) ? memory : memory.view(0, shape, rowByRow(shape));
  }

  /** Its shape. */
  public final long[] shape() {
    return shape.clone();
  }

  /** Whether it has this shape. */
  final boolean hasShape(long... other) {
    return Arrays.equals(shape, other);
  }

  /** The length of axis {@code axis}. */
  public final long size(int axis) {
    return shape[axis];
  }

  /** How many axes it has. */
  public final int rank() {
    return shape.length;
  }

  /** How many numbers it has. */
  public final long length() {
    return length;
  }

  /** The distance between neighbours along axis {@code axis}, in numbers. */
  public final long stride(int axis) {
    return strides[axis];
  }

  /** {@link #stride} of each axis. */
  public final long[] strides() {
    return strides.clone();
  }

  /** Whether it is contiguous and row-major. */
  public final boolean isRowByRow() {
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != stride) {
        return false;
      }
      stride *= shape[i];
    }
    return true;
  }

  /**
   * The same numbers in another shape.
   *
   * @throws IllegalArgumentException if the array is not contiguous or the lengths differ
   */
  public final Array reshape(long... other) {
    Array known = reshaped;
    if (known != null && known.hasShape(other)) {
      return known;
    }
    if (length(other) != length || !isRowByRow()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s cannot be seen as %s",
              isRowByRow() ? this : this + " in several pieces",
              Arrays.toString(other)));
    }
    Array made = view(0, other, rowByRow(other));
    reshaped = made;
    return made;
  }

  /** The same numbers with the last two axes exchanged. */
  public final Array transposed() {
    if (transposed == null) {
      transposed = transpose();
    }
    return transposed;
  }

  private Array transpose() {
    long[] otherShape = shape.clone();
    long[] otherStrides = strides.clone();
    int last = shape.length - 1;
    otherShape[last] = shape[last - 1];
    otherShape[last - 1] = shape[last];
    otherStrides[last] = strides[last - 1];
    otherStrides[last - 1] = strides[last];
    return view(0, otherShape, otherStrides);
  }

  /** The same numbers as rows of the last axis: [..., D] → [R,D]. */
  public final Array rows() {
    long last = shape[shape.length - 1];
    return shape.length == 2 ? this : reshape(length / last, last);
  }

  /** The columns [from, to) of the last axis. */
  final Array columns(long from, long to) {
    long[] part = shape.clone();
    part[part.length - 1] = to - from;
    return view(from * strides[part.length - 1], part, strides);
  }

  @Override
  public final String toString() {
    return Arrays.toString(shape);
  }
}
