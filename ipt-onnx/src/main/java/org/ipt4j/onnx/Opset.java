package org.ipt4j.onnx;

/** A version of ONNX's operators, of those a file may be written in. */
public enum Opset {
  /** 17 (ONNX 1.12, 2022): what nearly all runtimes of today read. */
  V17(17, 8),
  /** 23 (ONNX 1.18, 2025), whose {@code Attention} runtimes compute in less memory. */
  V23(23, 10);

  private final int version;
  private final int format;

  Opset(int version, int format) {
    this.version = version;
    this.format = format;
  }

  /**
   * The one of a number.
   *
   * @throws IllegalArgumentException if files are not written in it
   */
  public static Opset of(int version) {
    for (Opset opset : values()) {
      if (opset.version == version) {
        return opset;
      }
    }
    throw new IllegalArgumentException("expected opset 17 or 23, got " + version);
  }

  /** Its number. */
  public int version() {
    return version;
  }

  /** The file format's version (IR) that first allows it. */
  int format() {
    return format;
  }

  boolean hasAttention() {
    return this == V23;
  }
}
