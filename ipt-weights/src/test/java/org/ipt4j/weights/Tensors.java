package org.ipt4j.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.ipt4j.weights.Tensor.Sink;

/** Tensors of every type, which tests make, change and look into; types are as safetensors'. */
public final class Tensors {
  private Tensors() {}

  /** One of any type, to which the numbers are rounded. */
  public static Tensor of(String type, long[] shape, double... numbers) {
    ElementType elements = type(type);
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * elements.width()).order(ByteOrder.LITTLE_ENDIAN);
    for (double number : numbers) {
      switch (elements) {
        case DOUBLE -> bytes.putDouble(number);
        case FLOAT -> bytes.putFloat((float) number);
        case HALF -> bytes.putShort(half(number));
        case BFLOAT16 -> bytes.putShort(bfloat16((float) number));
        case LONG, UINT64 -> bytes.putLong((long) number);
        case INT, UINT32 -> bytes.putInt((int) number);
        case SHORT, UINT16 -> bytes.putShort((short) number);
        case BYTE, UBYTE, BOOL -> bytes.put((byte) number);
      }
    }
    return new Tensor(elements, shape, sink -> sink.write(bytes.duplicate().flip()));
  }

  /** A vector of float32. */
  public static Tensor floats(float... numbers) {
    double[] wide = IntStream.range(0, numbers.length).mapToDouble(i -> numbers[i]).toArray();
    return of("F32", new long[] {numbers.length}, wide);
  }

  /** Float32, all 0. */
  public static Tensor zeros(long... shape) {
    return Tensor.of(shape, numbers -> Arrays.fill(numbers, 0));
  }

  /** All of a file, in memory. */
  public static Map<String, Tensor> of(TensorFile file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : file.names()) {
      Tensor tensor = file.tensor(name);
      byte[] bytes = bytes(tensor);
      tensors.put(
          name,
          new Tensor(tensor.type(), tensor.shape(), sink -> sink.write(ByteBuffer.wrap(bytes))));
    }
    return tensors;
  }

  /** How safetensors calls the type. */
  public static String type(Tensor tensor) {
    return tensor.type().safeTensors();
  }

  /** As a file holds them. */
  public static byte[] bytes(Tensor tensor) {
    try {
      return read(tensor);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static byte[] read(Tensor tensor) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    tensor.writeTo(
        new Sink() {
          @Override
          public void write(ByteBuffer bytes) {
            byte[] some = new byte[bytes.remaining()];
            bytes.get(some);
            all.writeBytes(some);
          }

          @Override
          public float[] array(int length) {
            return new float[length];
          }
        });
    return all.toByteArray();
  }

  /** The numbers, row by row. */
  public static double[] numbers(Tensor tensor) {
    ElementType type = tensor.type();
    ByteBuffer bytes = ByteBuffer.wrap(bytes(tensor)).order(ByteOrder.LITTLE_ENDIAN);
    double[] numbers = new double[bytes.remaining() / type.width()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (type) {
            case DOUBLE, FLOAT, HALF, BFLOAT16 -> ElementConversion.get(type, bytes, i);
            case LONG -> bytes.getLong(8 * i);
            case INT -> bytes.getInt(4 * i);
            case SHORT -> bytes.getShort(2 * i);
            case BYTE -> bytes.get(i);
            case UBYTE, BOOL -> bytes.get(i) & 0xff;
            default -> throw new IllegalArgumentException("numbers of " + type);
          };
    }
    return numbers;
  }

  /** The same numbers, rounded to another type. */
  public static Tensor as(String type, Tensor tensor) {
    return of(type, tensor.shape(), numbers(tensor));
  }

  /** Every number times {@code factor}. */
  public static Tensor times(double factor, Tensor tensor) {
    double[] numbers = numbers(tensor);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] *= factor;
    }
    return of(type(tensor), tensor.shape(), numbers);
  }

  /** The last number another one. */
  public static Tensor endingWith(double number, Tensor tensor) {
    double[] numbers = numbers(tensor);
    numbers[numbers.length - 1] = number;
    return of(type(tensor), tensor.shape(), numbers);
  }

  /** The first rows of a matrix. */
  public static Tensor firstRows(int rows, Tensor tensor) {
    long columns = tensor.shape()[1];
    double[] numbers = Arrays.copyOf(numbers(tensor), (int) (rows * columns));
    return of(type(tensor), new long[] {rows, columns}, numbers);
  }

  private static ElementType type(String name) {
    try {
      return ElementType.ofSafeTensors("a test's", name);
    } catch (IOException unknown) {
      throw new IllegalArgumentException(unknown);
    }
  }

  /** IEEE 754 binary16, to the nearest, of two such to the even one. */
  private static short half(double number) {
    int sign = Double.doubleToRawLongBits(number) < 0 ? 0x8000 : 0;
    double size = Math.abs(number);
    if (!(size < 65520)) {
      return (short) (Double.isNaN(number) ? 0x7e00 : sign | 0x7c00);
    }
    int exponent = Math.max(Math.getExponent(size), -14);
    int fraction = (int) Math.rint(size / Math.scalb(1.0, exponent - 10)); // 1024 of normal numbers
    return (short) (sign | (exponent + 15 << 10) + fraction - 1024);
  }

  private static short bfloat16(float number) {
    int bits = Float.floatToIntBits(number);
    boolean finite = Float.isFinite(number);
    return (short) ((finite ? bits + 0x7fff + (bits >> 16 & 1) : bits) >> 16);
  }
}
