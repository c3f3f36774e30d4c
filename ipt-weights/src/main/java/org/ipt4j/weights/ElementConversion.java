package org.ipt4j.weights;

import java.nio.ByteBuffer;

/** Converts a file's floating-point elements to Java's; exact where the types agree. */
final class ElementConversion {
  private interface Elements {
    double get(int index);
  }

  private ElementConversion() {}

  /** Converts everything that remains of {@code from}, whose byte order is set. */
  static void toFloats(ElementType type, ByteBuffer from, float[] to, int at) {
    int count = from.remaining() / type.width();
    if (type == ElementType.FLOAT) {
      from.slice().order(from.order()).asFloatBuffer().get(to, at, count);
      return;
    }
    Elements elements = elements(type, from);
    for (int i = 0; i < count; i++) {
      to[at + i] = (float) elements.get(i);
    }
  }

  /** As {@link #toFloats}. */
  static void toDoubles(ElementType type, ByteBuffer from, double[] to, int at) {
    int count = from.remaining() / type.width();
    Elements elements = elements(type, from);
    for (int i = 0; i < count; i++) {
      to[at + i] = elements.get(i);
    }
  }

  /** The element at {@code index} among those that remain. */
  static double get(ElementType type, ByteBuffer bytes, int index) {
    return elements(type, bytes).get(index);
  }

  private static Elements elements(ElementType type, ByteBuffer remaining) {
    ByteBuffer bytes = remaining.slice().order(remaining.order());
    return switch (type) {
      case HALF -> i -> halfToFloat(bytes.getShort(2 * i));
      case BFLOAT16 -> i -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
      case FLOAT -> i -> bytes.getFloat(4 * i);
      case DOUBLE -> i -> bytes.getDouble(8 * i);
      default -> throw new IllegalArgumentException(type + " is not a floating-point type");
    };
  }

  /** Converts IEEE 754 binary16; Java itself can do this from version 20 on. */
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
