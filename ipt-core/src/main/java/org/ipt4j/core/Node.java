package org.ipt4j.core;

import java.util.List;

/**
 * An operation in the graph that a traced pass keeps ({@link Tape#nodes}). Each variable is the
 * output of one node. Inputs ({@code input}), parameters ({@code parameter}, with {@code name} and,
 * for a part of a parameter, its first {@code row}) and constants ({@code constant}) are nodes
 * without inputs.
 *
 * @param operation what was done
 * @param inputs what it read, in the order of its method's arguments
 * @param outputs what it made: one variable, or several for {@code split}
 * @param place the parameter asked for last, which says where in the network the operation is
 */
public record Node(
    Operation operation, List<Variable> inputs, List<Variable> outputs, String place) {
  /** Copies the lists, so that they never change. */
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
