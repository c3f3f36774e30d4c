package org.ipt4j.core;

/** The precision of a device's numbers. */
public enum Precision {
  /** 32 bits, for training and use. */
  FLOAT(4),
  /** 64 bits, for checking gradients. */
  DOUBLE(8);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** The size of a number in bytes. */
  public int bytes() {
    return bytes;
  }
}
