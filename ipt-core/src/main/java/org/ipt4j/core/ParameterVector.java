package org.ipt4j.core;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * One flat vector with the views of a {@link ParameterLayout}: a network's values, or their
 * gradients. It lives on a {@link Device}, outside every {@link Arena}. Many threads may read it at
 * once; a writer must have it alone.
 */
public final class ParameterVector {
  private static final int BAND = 32; // columns, of which as many rows stay in a core's cache

  private final ParameterLayout layout;
  private final Array flat;
  private final Map<Parameter, Array> views = new ConcurrentHashMap<>();

  private ParameterVector(ParameterLayout layout, Array flat) {
    this.layout = layout;
    this.flat = flat;
  }

  /** All zeros. */
  public static ParameterVector zeros(ParameterLayout layout, Device device) {
    Array flat = device.permanent(layout.length());
    device.fill(flat, 0);
    return new ParameterVector(layout, flat);
  }

  /** Every parameter with its initializer's values; a pure function of the seed and the layout. */
  public static ParameterVector initialized(ParameterLayout layout, Device device, long seed) {
    ParameterVector vector = new ParameterVector(layout, device.permanent(layout.length()));
    for (Parameter parameter : layout.parameters()) {
      RandomGenerator random = Randomness.at(seed, parameter.name().hashCode());
      float[] numbers = new float[Math.toIntExact(parameter.length())];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) parameter.initializer().next(random);
      }
      vector.write(parameter, numbers);
    }
    return vector;
  }

  /** A copy with memory of its own. */
  public ParameterVector copy() {
    ParameterVector copy = new ParameterVector(layout, flat.device().permanent(layout.length()));
    flat.device().copy(flat, copy.flat);
    return copy;
  }

  /** Where the parameters lie. */
  public ParameterLayout layout() {
    return layout;
  }

  /** The device that holds the numbers. */
  public Device device() {
    return flat.device();
  }

  /** The whole vector itself, not a copy. */
  public Array flat() {
    return flat;
  }

  /** A view of the part of the vector that {@code range} covers. */
  public Array range(ParameterLayout.Range range) {
    return flat.view(range.offset(), new long[] {range.length()}, new long[] {1});
  }

  /**
   * A view of the parameter's numbers in its shape.
   *
   * @throws IllegalArgumentException if it is of another layout
   */
  public Array view(Parameter parameter) {
    return views.computeIfAbsent(parameter, this::made);
  }

  private Array made(Parameter parameter) {
    if (!layout.parameters().contains(parameter.whole())) {
      throw new IllegalArgumentException(
          parameter + " is a parameter of another layout: each model needs layers of its own");
    }
    return flat.view(parameter.offset(), parameter.shape(), parameter.strides());
  }

  /**
   * A copy of the parameter's numbers, row by row (the last axis fastest).
   *
   * @param parameter a whole one, not a part
   */
  public float[] read(Parameter parameter) {
    float[] numbers = new float[Math.toIntExact(parameter.length())];
    read(parameter, numbers);
    return numbers;
  }

  /**
   * Copies the parameter's numbers, row by row.
   *
   * @param numbers receives them; of the parameter's length
   */
  public void read(Parameter parameter, float[] numbers) {
    parameter.check(numbers);
    if (!parameter.isByColumns()) {
      device().read(piece(parameter.offset(), numbers.length), numbers, 0);
      return;
    }
    inBands(
        parameter,
        (place, length, band, left) -> {
          device().read(piece(place, length), band, 0);
          parameter.fromColumns(band, left, length, numbers);
        });
  }

  /**
   * Replaces the parameter's numbers.
   *
   * @param numbers row by row, of the parameter's length
   */
  public void write(Parameter parameter, float[] numbers) {
    parameter.check(numbers);
    if (!parameter.isByColumns()) {
      device().write(numbers, 0, piece(parameter.offset(), numbers.length));
      return;
    }
    inBands(
        parameter,
        (place, length, band, left) -> {
          parameter.toColumns(numbers, left, length, band);
          device().write(band, 0, piece(place, length));
        });
  }

  private interface Band {
    void run(long place, int length, float[] band, int left);
  }

  /** Goes through a column-major matrix, a few columns at a time. */
  private static void inBands(Parameter matrix, Band task) {
    int rows = (int) matrix.shape()[0];
    int columns = (int) matrix.shape()[1];
    float[] band = new float[Math.multiplyExact(rows, Math.min(columns, BAND))];
    for (int left = 0; left < columns; left += BAND) {
      int length = rows * Math.min(BAND, columns - left);
      task.run(matrix.offset() + (long) left * rows, length, band, left);
    }
  }

  private Array piece(long place, int length) {
    return flat.view(place, new long[] {length}, new long[] {1});
  }
}
