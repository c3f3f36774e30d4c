package org.ipt4j.data.image;

/** Gives any row of something that is held as a whole. */
@FunctionalInterface
interface RowWriter {
  /** Writes row {@code y} to the start of {@code target}. */
  void write(int y, float[] target);
}
