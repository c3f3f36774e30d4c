package org.ipt4j.weights;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** The types of elements in weight files. */
enum ElementType {
  DOUBLE("F64", 8),
  FLOAT("F32", 4),
  HALF("F16", 2),
  BFLOAT16("BF16", 2),
  LONG("I64", 8),
  INT("I32", 4),
  SHORT("I16", 2),
  BYTE("I8", 1),
  UINT64("U64", 8),
  UINT32("U32", 4),
  UINT16("U16", 2),
  UBYTE("U8", 1),
  BOOL("BOOL", 1);

  private final String safeTensors;
  private final int width;

  ElementType(String safeTensors, int width) {
    this.safeTensors = safeTensors;
    this.width = width;
  }

  /** The type's name in safetensors. */
  String safeTensors() {
    return safeTensors;
  }

  /** The bytes per element. */
  int width() {
    return width;
  }

  boolean isFloating() {
    return switch (this) {
      case HALF, BFLOAT16, FLOAT, DOUBLE -> true;
      default -> false;
    };
  }

  /** The type that safetensors calls {@code name}; {@code tensor} is for the error message. */
  static ElementType ofSafeTensors(String tensor, String name) throws IOException {
    for (ElementType type : values()) {
      if (type.safeTensors.equals(name)) {
        return type;
      }
    }
    List<String> known = Arrays.stream(values()).map(ElementType::safeTensors).toList();
    throw new IOException(tensor + ": expected a dtype of " + known + ", got " + name);
  }
}
