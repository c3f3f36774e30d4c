package org.ipt4j.core;

/**
 * y = x·wᵀ + b with learned w [O,I] and b [O] or no bias. Initialised as PyTorch's {@code
 * nn.Linear}. Weights are stored as {@code <name>.weight} and {@code <name>.bias}.
 */
public final class Linear implements Layer {
  private final Parameter weight;
  private final Parameter bias; // null: none

  private Linear(Parameter weight, Parameter bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /** Adds a linear layer's parameters to a layout. */
  public static Linear withBias(ParameterLayout.Builder layout, String name, long in, long out) {
    Initializer initializer = Initializer.kaimingUniform(in);
    return new Linear(
        layout.addByColumns(name + ".weight", initializer, out, in),
        layout.add(name + ".bias", initializer, out));
  }

  /** A linear layer without bias whose weight is a parameter [O,I] or some of its rows. */
  public static Linear withoutBias(Parameter weight) {
    return new Linear(weight, null);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return Ops.linear(tape, x, tape.parameter(weight), bias == null ? null : tape.parameter(bias));
  }

  /** residual + x·wᵀ + b. */
  public Variable forwardOnto(Tape tape, Variable residual, Variable x) {
    return Ops.linearOnto(
        tape, residual, x, tape.parameter(weight), bias == null ? null : tape.parameter(bias));
  }

  /** max(x·wᵀ + b, 0). */
  public Variable forwardRelu(Tape tape, Variable x) {
    return Ops.linearRelu(tape, x, tape.parameter(weight), tape.parameter(bias));
  }
}
