package org.ipt4j.core;

import java.util.Locale;

/** An activation function that is applied in place to the output of a linear operation. */
enum Activation {
  NONE {
    @Override
    void forward(Device device, Array y) {}

    @Override
    void backward(Device device, Array y, Array dy) {}
  },
  RELU {
    @Override
    void forward(Device device, Array y) {
      device.relu(y, y);
    }

    @Override
    void backward(Device device, Array y, Array dy) {
      device.reluBackward(y, dy);
    }
  };

  /** y = activation(y). */
  abstract void forward(Device device, Array y);

  /** dy = the gradient before the activation, given the activation's output y. */
  abstract void backward(Device device, Array y, Array dy);

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
