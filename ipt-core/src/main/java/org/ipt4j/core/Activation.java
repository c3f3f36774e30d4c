package org.ipt4j.core;

import java.util.Locale;

/** An activation function that is applied in place to the output of a linear operation. */
public enum Activation {
  /** None. */
  NONE {
    @Override
    void forward(Device device, Array y) {}

    @Override
    public void backward(Device device, Array y, Array dy) {}

    @Override
    Kept keeping(Kept kept) {
      return kept;
    }
  },

  /** max(y, 0). */
  RELU {
    @Override
    void forward(Device device, Array y) {
      device.relu(y, y);
    }

    @Override
    public void backward(Device device, Array y, Array dy) {
      device.reluBackward(y, dy);
    }

    @Override
    Kept keeping(Kept kept) {
      return kept.andOutput();
    }
  };

  /** y = activation(y). */
  abstract void forward(Device device, Array y);

  /** dy = the gradient before the activation, given the activation's output y. */
  public abstract void backward(Device device, Array y, Array dy);

  /** What an operation that ends in it keeps, if it would keep {@code kept} without. */
  abstract Kept keeping(Kept kept);

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
