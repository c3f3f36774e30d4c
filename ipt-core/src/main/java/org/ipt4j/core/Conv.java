package org.ipt4j.core;

/**
 * A convolution with learned w [O,C,k,k] and b [O], whose output is as large as its input;
 * initialised as PyTorch's {@code nn.Conv2d}. Weights are stored as {@code <name>.weight} and
 * {@code <name>.bias}.
 */
public final class Conv implements Layer {
  private final Parameter weight;
  private final Parameter bias;

  private Conv(Parameter weight, Parameter bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /**
   * Adds a k×k convolution's parameters to a layout.
   *
   * @param k odd, so that a pixel lies in the middle
   */
  public static Conv of(ParameterLayout.Builder layout, String name, long in, long out, int k) {
    return startingAs(Initializer.kaimingUniform(in * k * k), layout, name, in, out, k);
  }

  /** As {@link #of}, with the weights that {@code initializer} gives. */
  public static Conv startingAs(
      Initializer initializer,
      ParameterLayout.Builder layout,
      String name,
      long in,
      long out,
      int k) {
    if (k < 1 || k % 2 == 0) {
      throw new IllegalArgumentException(
          name + ": expected a convolution of an odd side, got " + k + "×" + k);
    }
    return new Conv(
        layout.add(name + ".weight", initializer, out, in, k, k),
        layout.add(name + ".bias", initializer, out));
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return ConvOps.conv2d(tape, x, tape.parameter(weight), tape.parameter(bias));
  }

  /** residual + the convolution of x. */
  public Variable forwardOnto(Tape tape, Variable residual, Variable x) {
    return ConvOps.conv2dOnto(tape, residual, x, tape.parameter(weight), tape.parameter(bias));
  }

  /** max(the convolution of x, 0). */
  public Variable forwardRelu(Tape tape, Variable x) {
    return ConvOps.conv2dRelu(tape, x, tape.parameter(weight), tape.parameter(bias));
  }

  /**
   * Applies this convolution, a pixel shuffle by {@code s} and the convolution {@code exit}; both
   * convolutions are 3×3.
   *
   * @param x [N,C,H,W]
   * @return [N,O,sH,sW]
   */
  public Variable upsample(Tape tape, Variable x, int s, Conv exit) {
    SubPixel both =
        new SubPixel(
            tape.parameter(weight),
            tape.parameter(bias),
            s,
            tape.parameter(exit.weight),
            tape.parameter(exit.bias));
    return both.upsample(tape, x);
  }
}
