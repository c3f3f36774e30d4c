package org.ipt4j.heads;

import org.ipt4j.core.Conv;
import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/**
 * A task's head (Chen et al., 2021, §3.1): a 3×3 convolution to C features and two residual blocks
 * of two 5×5 convolutions, [N,3,H,W] → [N,C,H,W].
 */
public final class ConvolutionalHead implements Layer {
  private static final int COLOURS = 3;

  private final Conv entrance; // head.{t}.0
  private final ResidualBlock first; // head.{t}.1
  private final ResidualBlock second; // head.{t}.2

  /** Adds the head's parameters to a layout, under the published names {@code name.0}, …. */
  public ConvolutionalHead(ParameterLayout.Builder layout, String name, int features) {
    entrance = Conv.of(layout, name + ".0", COLOURS, features, 3);
    first = new ResidualBlock(layout, name + ".1", features);
    second = new ResidualBlock(layout, name + ".2", features);
  }

  @Override
  public Variable forward(Tape tape, Variable image) {
    Variable x = entrance.forward(tape, image);
    x = first.forward(tape, x);
    return second.forward(tape, x);
  }

  /** x + conv(relu(conv(x))), the enhanced residual block of EDSR (Lim et al., 2017). */
  private static final class ResidualBlock implements Layer {
    private final Conv inner;
    private final Conv outer;

    ResidualBlock(ParameterLayout.Builder layout, String name, int features) {
      inner = Conv.of(layout, name + ".body.0", features, features, 5);
      outer = Conv.of(layout, name + ".body.2", features, features, 5);
    }

    @Override
    public Variable forward(Tape tape, Variable x) {
      return outer.forwardOnto(tape, x, inner.forwardRelu(tape, x));
    }
  }
}
