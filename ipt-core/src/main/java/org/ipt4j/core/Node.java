package org.ipt4j.core;

import java.util.List;

/**
 * An operation in the graph that a pass has left ({@link Tape#nodes}). Each variable is the output
 * of one node: also inputs ({@code input}), parameters ({@code parameter}, with their {@code name},
 * and the first {@code row} of a part of one) and constants ({@code constant}) are nodes, without
 * inputs.
 *
 * @param operation what was done
 * @param inputs what it read, in the order its method takes them
 * @param outputs what it made: one, except of {@code split}
 * @param place the parameter that was asked for last, which says where in the network it was done
 */
public record Node(
    Operation operation, List<Variable> inputs, List<Variable> outputs, String place) {
  /** Of lists that never change. */
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
