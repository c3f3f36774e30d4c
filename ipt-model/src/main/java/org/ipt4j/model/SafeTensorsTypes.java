package org.ipt4j.model;

import java.io.IOException;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;

/** What the format calls the types of elements. */
final class SafeTensorsTypes {
  private static final Map<String, DataType> BY_NAME =
      Map.ofEntries(
          Map.entry("F64", DataType.DOUBLE),
          Map.entry("F32", DataType.FLOAT),
          Map.entry("F16", DataType.FLOAT16),
          Map.entry("BF16", DataType.BFLOAT16),
          Map.entry("I64", DataType.INT64),
          Map.entry("I32", DataType.INT32),
          Map.entry("I16", DataType.INT16),
          Map.entry("I8", DataType.INT8),
          Map.entry("U64", DataType.UINT64),
          Map.entry("U32", DataType.UINT32),
          Map.entry("U16", DataType.UINT16),
          Map.entry("U8", DataType.UINT8),
          Map.entry("BOOL", DataType.BOOL));

  private SafeTensorsTypes() {}

  /** The type of the tensor {@code tensor} that the file calls {@code name}. */
  static DataType type(String tensor, String name) throws IOException {
    DataType type = BY_NAME.get(name);
    if (type == null) {
      throw new IOException(tensor + ": expected a dtype of " + BY_NAME.keySet() + ", got " + name);
    }
    return type;
  }

  /** How a file calls the type of the tensor {@code tensor}. */
  static String name(String tensor, DataType type) {
    for (Map.Entry<String, DataType> entry : BY_NAME.entrySet()) {
      if (entry.getValue() == type) {
        return entry.getKey();
      }
    }
    throw new IllegalArgumentException(tensor + ": safetensors has no type for " + type);
  }
}
