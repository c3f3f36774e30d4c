package org.ipt4j.model;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;

/** Floating-point elements of a file as FLOAT or DOUBLE; bit for bit where the types agree. */
final class ElementConversion {
  private interface Elements {
    double get(int index);
  }

  private ElementConversion() {}

  static boolean isFloating(DataType type) {
    return switch (type) {
      case HALF, BFLOAT16, FLOAT, DOUBLE -> true;
      default -> false;
    };
  }

  /** Converts all that remains of {@code from}, whose byte order is set, into {@code to}. */
  static void convert(DataType fromType, ByteBuffer from, DataType toType, ByteBuffer to) {
    int count = from.remaining() / fromType.width();
    Elements elements = elements(fromType, from.slice().order(from.order()));
    if (toType == DataType.FLOAT) {
      FloatBuffer floats = to.asFloatBuffer();
      for (int i = 0; i < count; i++) {
        floats.put(i, (float) elements.get(i));
      }
    } else {
      DoubleBuffer doubles = to.asDoubleBuffer();
      for (int i = 0; i < count; i++) {
        doubles.put(i, elements.get(i));
      }
    }
  }

  /** Which of the FLOAT or DOUBLE numbers is the first that is infinite or NaN; −1 for none. */
  static int firstNotFinite(DataType type, ByteBuffer numbers) {
    ByteBuffer bytes = numbers.slice().order(numbers.order());
    if (type == DataType.FLOAT) {
      FloatBuffer floats = bytes.asFloatBuffer();
      for (int i = 0; i < floats.limit(); i++) {
        if (!Float.isFinite(floats.get(i))) {
          return i;
        }
      }
    } else {
      DoubleBuffer doubles = bytes.asDoubleBuffer();
      for (int i = 0; i < doubles.limit(); i++) {
        if (!Double.isFinite(doubles.get(i))) {
          return i;
        }
      }
    }
    return -1;
  }

  /** Element number {@code index} of those that remain. */
  static double get(DataType type, ByteBuffer bytes, int index) {
    return elements(type, bytes.slice().order(bytes.order())).get(index);
  }

  private static Elements elements(DataType type, ByteBuffer bytes) {
    return switch (type) {
      case HALF -> i -> halfToFloat(bytes.getShort(2 * i));
      case BFLOAT16 -> i -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
      case FLOAT -> i -> bytes.getFloat(4 * i);
      case DOUBLE -> i -> bytes.getDouble(8 * i);
      default -> throw new IllegalArgumentException(type + " is not a floating-point type");
    };
  }

  /** IEEE 754 binary16; Java has this from version 20 on. */
  static float halfToFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0) { // zero and the subnormals, fraction · 2^-24
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
    }
    int wide = exponent == 0x1f ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }
}
