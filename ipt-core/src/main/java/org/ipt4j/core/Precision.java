package org.ipt4j.core;

/** What a device's numbers are. */
public enum Precision {
  /** 32 bits: what networks are trained and used in. */
  FLOAT(4),
  /** 64 bits: what gradients are judged in. */
  DOUBLE(8);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one. */
  public int bytes() {
    return bytes;
  }
}
