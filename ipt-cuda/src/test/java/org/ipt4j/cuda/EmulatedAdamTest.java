package org.ipt4j.cuda;

import org.ipt4j.core.Device;
import org.ipt4j.training.GoldenAdamTest;

/** Training as the kernels compute it, on the processor. */
class EmulatedAdamTest extends GoldenAdamTest {
  @Override
  protected Device device() {
    return TestDevices.emulated(Arithmetic.FLOAT32);
  }
}
