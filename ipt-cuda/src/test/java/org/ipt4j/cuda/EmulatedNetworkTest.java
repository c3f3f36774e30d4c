package org.ipt4j.cuda;

import java.util.List;
import org.ipt4j.core.Device;
import org.ipt4j.model.GoldenNetworkTest;

/** The whole network as the kernels compute it, on the processor. */
class EmulatedNetworkTest extends GoldenNetworkTest {
  @Override
  protected List<Device> devices() {
    return List.of(TestDevices.emulated(Arithmetic.FLOAT32), TestDevices.emulatedTuring());
  }
}
