package org.ipt4j.onnx;

/** The versions of ONNX's operators in which a file may be written. */
public enum Opset {
  /** 17 (ONNX 1.12, 2022), which nearly all of today's runtimes read. */
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
   * The opset with that number.
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

  /** The first version of the file format (IR) that allows it. */
  int format() {
    return format;
  }

  boolean hasAttention() {
    return this == V23;
  }
}
