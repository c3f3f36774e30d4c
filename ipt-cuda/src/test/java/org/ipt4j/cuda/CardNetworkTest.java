package org.ipt4j.cuda;

import java.util.List;
import org.ipt4j.core.Device;
import org.ipt4j.model.GoldenNetworkTest;

/** The whole network as a card computes it. */
class CardNetworkTest extends GoldenNetworkTest {
  @Override
  protected List<Device> devices() {
    return List.of(TestDevices.card(Arithmetic.FLOAT32));
  }
}
