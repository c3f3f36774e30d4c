package org.ipt4j.cuda;

import java.util.List;
import org.ipt4j.core.Device;
import org.ipt4j.core.OperationsTest;

/** Every operation as a card computes it. */
class CardOperationsTest extends OperationsTest {
  @Override
  protected List<Device> devices() {
    return List.of(TestDevices.card(Arithmetic.FLOAT32));
  }
}
