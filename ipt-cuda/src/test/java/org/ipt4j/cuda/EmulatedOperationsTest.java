package org.ipt4j.cuda;

import java.util.List;
import org.ipt4j.core.Device;
import org.ipt4j.core.OperationsTest;

/** Every operation as the kernels compute it, on the processor. */
class EmulatedOperationsTest extends OperationsTest {
  @Override
  protected List<Device> devices() {
    return List.of(TestDevices.emulated(Arithmetic.FLOAT32), TestDevices.emulatedTuring());
  }
}
