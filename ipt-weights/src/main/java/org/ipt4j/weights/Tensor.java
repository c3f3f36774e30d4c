package org.ipt4j.weights;

import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A tensor for {@link SafeTensors#write}: its shape, and the source of its numbers. The numbers are
 * asked for when they are written, so that all of a file's are never on the heap at once.
 */
public final class Tensor {
  private static final int CHUNK = 1 << 16; // bytes

  /** Receives the elements' bytes, little-endian, piece by piece. */
  public interface Sink {
    /** Takes everything that remains of {@code bytes}. */
    void write(ByteBuffer bytes) throws IOException;

    /** An array of that length, valid until the next is asked for; content undefined. */
    float[] array(int length);
  }

  /** The source of the elements. */
  interface Content {
    void writeTo(Sink sink) throws IOException;
  }

  private final ElementType type;
  private final long[] shape;
  private final Content content;

  Tensor(ElementType type, long[] shape, Content content) {
    this.type = type;
    this.shape = shape.clone();
    this.content = content;
  }

  /**
   * A tensor of float32.
   *
   * @param shape empty for a scalar
   * @param numbers fills an array of the shape's size with the numbers row by row (the last
   *     dimension fastest); called when they are written; the array is reused afterwards
   * @throws ArithmeticException if there are more than an array can hold
   */
  public static Tensor of(long[] shape, Consumer<float[]> numbers) {
    int length = Math.toIntExact(TensorEntry.elements(shape));
    return new Tensor(
        ElementType.FLOAT,
        shape,
        sink -> {
          float[] all = sink.array(length);
          numbers.accept(all);
          write(
              sink,
              length,
              Float.BYTES,
              (chunk, from, count) -> chunk.asFloatBuffer().put(all, from, count));
        });
  }

  /**
   * A tensor of int64.
   *
   * @param numbers row by row, as many as the shape has
   */
  public static Tensor ofLongs(long[] shape, long... numbers) {
    if (numbers.length != TensorEntry.elements(shape)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a tensor of shape %s has %d numbers, got %d",
              Arrays.toString(shape),
              TensorEntry.elements(shape),
              numbers.length));
    }
    return new Tensor(
        ElementType.LONG,
        shape,
        sink ->
            write(
                sink,
                numbers.length,
                Long.BYTES,
                (chunk, from, count) -> chunk.asLongBuffer().put(numbers, from, count)));
  }

  private interface Filling {
    Buffer fill(ByteBuffer chunk, int from, int count);
  }

  private static void write(Sink sink, int numbers, int width, Filling filling) throws IOException {
    int most = CHUNK / width;
    // outside the heap, from where it is written without another copy
    ByteBuffer chunk =
        ByteBuffer.allocateDirect(Math.min(numbers, most) * width).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < numbers; from += most) {
      int count = Math.min(most, numbers - from);
      filling.fill(chunk.clear(), from, count);
      sink.write(chunk.limit(count * width));
    }
  }

  /** A copy of its shape. */
  public long[] shape() {
    return shape.clone();
  }

  ElementType type() {
    return type;
  }

  /** The number of bytes of its elements. */
  public long byteLength() {
    return TensorEntry.elements(shape) * type.width();
  }

  /** Writes its elements, row by row. */
  public void writeTo(Sink sink) throws IOException {
    content.writeTo(sink);
  }
}
