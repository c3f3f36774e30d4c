package org.ipt4j.data.image;

/** Any row of something that is held whole. */
@FunctionalInterface
interface RowWriter {
  /** Writes row {@code y} to the start of {@code target}. */
  void write(int y, float[] target);
}
