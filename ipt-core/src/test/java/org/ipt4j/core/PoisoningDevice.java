package org.ipt4j.core;

/**
 * The processor, whose arrays hold NaN wherever their content is undefined: before they are first
 * written, and after they have ended. What reads them nevertheless computes NaN.
 */
public final class PoisoningDevice extends CpuDevice {
  @Override
  protected Array allocate(long length) {
    Array memory = super.allocate(length);
    fill(memory, Float.NaN);
    return memory;
  }

  @Override
  protected void ended(Array array) {
    fill(array, Float.NaN);
  }
}
