package org.ipt4j.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.ipt4j.core.Device;
import org.ipt4j.core.OperationsTest;

/** Every operation as the kernels compute it, on the processor. */
class EmulatedOperationsTest extends OperationsTest {
  private static Device device; // null: not made yet

  @Override
  protected synchronized List<Device> devices() {
    assumeTrue(EmulatedGpu.get().isPresent(), "no C++ compiler: kernels are not emulated");
    if (device == null) {
      device = new CudaDevice(EmulatedGpu.get().orElseThrow(), Arithmetic.FLOAT32);
    }
    return List.of(device);
  }
}
