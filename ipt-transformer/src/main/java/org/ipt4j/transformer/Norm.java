package org.ipt4j.transformer;

import org.ipt4j.core.Initializer;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/** Layer normalisation with a learned gain (initially 1) and bias (initially 0). */
final class Norm implements Layer {
  private final Parameter gain;
  private final Parameter bias;

  Norm(ParameterLayout.Builder layout, String name, int d) {
    gain = layout.add(name + ".weight", Initializer.constant(1), d);
    bias = layout.add(name + ".bias", Initializer.constant(0), d);
  }

  @Override
  public Variable forward(Tape tape, Variable x) {
    return Ops.layerNorm(tape, x, tape.parameter(gain), tape.parameter(bias));
  }
}
