package org.ipt4j.core;

import java.util.Arrays;
import java.util.Locale;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A parameter's numbers row by row, however they lie in memory: without gaps in just that order, or
 * as a matrix column by column, of which a {@link Parameter#rows part} has gaps.
 */
final class RowOrder {
  private static final int BLOCK = 32; // columns; as many rows of them stay in a core's cache

  private RowOrder() {}

  /** Copies them from {@code flat}, where they begin at {@code offset}. */
  static void read(INDArray flat, long offset, Parameter parameter, float[] rows) {
    checkLength(parameter, rows);
    if (!isByColumns(parameter)) {
      Kernels.read(piece(flat, offset, rows.length), rows, 0);
      return;
    }
    Columns columns = new Columns(parameter);
    for (int left = 0; left < columns.count; left += BLOCK) {
      int count = Math.min(BLOCK, columns.count - left);
      columns.read(flat, offset, left, count);
      columns.exchange(left, count, (place, number) -> rows[number] = columns.memory[place]);
    }
  }

  /** Copies them to {@code flat}, as {@link #read} takes them from there. */
  static void write(float[] rows, INDArray flat, long offset, Parameter parameter) {
    checkLength(parameter, rows);
    if (!isByColumns(parameter)) {
      Kernels.write(rows, 0, piece(flat, offset, rows.length));
      return;
    }
    Columns columns = new Columns(parameter);
    for (int left = 0; left < columns.count; left += BLOCK) {
      int count = Math.min(BLOCK, columns.count - left);
      if (columns.stride > columns.length) { // what lies between them stays
        columns.read(flat, offset, left, count);
      }
      columns.exchange(left, count, (place, number) -> columns.memory[place] = rows[number]);
      Kernels.write(columns.memory, 0, columns.piece(flat, offset, left, count));
    }
  }

  private static void checkLength(Parameter parameter, float[] rows) {
    if (rows.length != parameter.length()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s of shape %s has %d numbers, got %d",
              parameter.name(),
              Arrays.toString(parameter.shape()),
              parameter.length(),
              rows.length));
    }
  }

  private static boolean isByColumns(Parameter parameter) {
    long[] strides = parameter.strides();
    return strides.length == 2 && strides[1] != 1;
  }

  private static INDArray piece(INDArray flat, long offset, long length) {
    return Kernels.view(flat, offset, new long[] {length}, new long[] {1});
  }

  private interface Exchange {
    void between(int place, int number);
  }

  /** Some columns of a matrix at a time, on the heap as they lie in memory. */
  private static final class Columns {
    private final int count;
    private final int length;
    private final int stride; // from one to the next
    private final float[] memory;

    Columns(Parameter matrix) {
      count = Math.toIntExact(matrix.shape()[1]);
      length = Math.toIntExact(matrix.shape()[0]);
      stride = Math.toIntExact(matrix.strides()[1]);
      memory = Scratch.floats(0, span(Math.min(BLOCK, count)));
    }

    private int span(int columns) {
      return Math.addExact(Math.multiplyExact(columns - 1, stride), length);
    }

    INDArray piece(INDArray flat, long offset, int left, int columns) {
      return RowOrder.piece(flat, offset + (long) left * stride, span(columns));
    }

    void read(INDArray flat, long offset, int left, int columns) {
      Kernels.read(piece(flat, offset, left, columns), memory, 0);
    }

    /** Takes each number of these columns by its place in the memory and its number in rows. */
    void exchange(int left, int columns, Exchange exchange) {
      for (int top = 0; top < length; top += BLOCK) {
        int bottom = Math.min(length, top + BLOCK);
        for (int y = top; y < bottom; y++) {
          for (int x = 0; x < columns; x++) {
            exchange.between(x * stride + y, y * count + left + x);
          }
        }
      }
    }
  }
}
