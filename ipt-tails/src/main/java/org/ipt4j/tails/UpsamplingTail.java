package org.ipt4j.tails;

import java.util.ArrayList;
import java.util.List;
import org.ipt4j.core.Conv;
import org.ipt4j.core.ConvOps;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;

/**
 * A task's tail (Chen et al., 2021, §3.1): sub-pixel upsampling (Shi et al., 2016) by the task's
 * scale and a 3×3 convolution to colours, [N,C,H,W] → [N,3,sH,sW]. A scale of 2 or 3 takes one
 * step, 4 or 8 several steps of ×2, 1 none.
 */
public final class UpsamplingTail implements Layer {
  private static final int COLOURS = 3;

  private final int step; // the factor of each step
  private final List<Conv> steps = new ArrayList<>(); // tail.{t}.0.0, tail.{t}.0.2, …
  private final Conv exit; // tail.{t}.1

  /**
   * Adds the tail's parameters to a layout, under the published names {@code name.0.0}, ….
   *
   * @param scale 1, 2, 3, 4 or 8
   * @param startsSilent whether the last convolution starts at zero, so that the untrained tail
   *     outputs zeros
   */
  public UpsamplingTail(
      ParameterLayout.Builder layout, String name, int features, int scale, boolean startsSilent) {
    step = scale == 3 ? 3 : 2;
    for (int i = 0; i < stepsFor(scale); i++) {
      steps.add(Conv.of(layout, name + ".0." + 2 * i, features, (long) features * step * step, 3));
    }
    String exitName = name + ".1";
    exit =
        startsSilent
            ? Conv.startingAs(Initializer.constant(0), layout, exitName, features, COLOURS, 3)
            : Conv.of(layout, exitName, features, COLOURS, 3);
  }

  private static int stepsFor(int scale) {
    return switch (scale) {
      case 1 -> 0;
      case 2, 3 -> 1;
      case 4 -> 2;
      case 8 -> 3;
      default ->
          throw new IllegalArgumentException("a tail's scale is 1, 2, 3, 4 or 8, got " + scale);
    };
  }

  @Override
  public Variable forward(Tape tape, Variable features) {
    if (steps.isEmpty()) {
      return exit.forward(tape, features);
    }
    Variable x = features;
    for (Conv conv : steps.subList(0, steps.size() - 1)) {
      Variable wide = conv.forward(tape, x);
      x = ConvOps.pixelShuffle(tape, wide, step);
      tape.end(wide);
    }
    return steps.get(steps.size() - 1).upsample(tape, x, step, exit);
  }
}
