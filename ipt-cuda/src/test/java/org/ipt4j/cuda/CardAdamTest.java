package org.ipt4j.cuda;

import org.ipt4j.core.Device;
import org.ipt4j.training.GoldenAdamTest;

/** Training as a card computes it. */
class CardAdamTest extends GoldenAdamTest {
  @Override
  protected Device device() {
    return TestDevices.card(Arithmetic.FLOAT32);
  }
}
