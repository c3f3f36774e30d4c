package org.ipt4j.core;

import java.util.List;

/**
 * What an operation reads, on the way back, of the numbers of the way there. Those that no
 * operation reads then may end before ({@link Tape#end}).
 *
 * @param output whether it reads its output's numbers
 * @param inputs whose numbers it reads
 */
public record Kept(boolean output, List<Variable> inputs) {
  /** It reads gradients only. */
  public static final Kept NOTHING = new Kept(false, List.of());

  /** It reads these inputs, and not its output. */
  public static Kept of(Variable... inputs) {
    return new Kept(false, List.of(inputs));
  }

  /** The same and its output. */
  public Kept andOutput() {
    return new Kept(true, inputs);
  }
}
