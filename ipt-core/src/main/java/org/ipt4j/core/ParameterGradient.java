package org.ipt4j.core;

import java.util.function.Supplier;

/**
 * A parameter's gradient in one of several passes that add to the same vector in {@link Turns}. If
 * one operation alone uses the parameter, it adds straight to the vector. If several do, perhaps
 * far apart in the network, their sum is made in an array of the pass, so that other passes need
 * not wait from the first of them to the last.
 */
final class ParameterGradient implements Variable.GradientMemory {
  private final Parameter parameter;
  private final Array all; // of all passes
  private final Turns.Turn turn;
  private final Supplier<Array> memory;
  private int uses; // operations that are still to go back
  private Array own; // null: none

  /**
   * A gradient to which nothing has been added yet.
   *
   * @param all the parameter's part of the vector
   * @param memory makes an array of the pass
   */
  ParameterGradient(Parameter parameter, Array all, Turns.Turn turn, Supplier<Array> memory) {
    this.parameter = parameter;
    this.all = all;
    this.turn = turn;
    this.memory = memory;
  }

  @Override
  public Array array() {
    if (uses > 1) {
      own = memory.get();
      return own;
    }
    turn.await(parameter);
    return all;
  }

  @Override
  public boolean isFilled() {
    return own == null;
  }

  @Override
  public boolean isOfParameter() {
    return true;
  }

  @Override
  public void expectUse() {
    uses++;
  }

  @Override
  public void used() {
    if (--uses == 0 && own == null) {
      turn.handOn(parameter);
    }
  }

  /** Adds the pass's own sum, if there is one. */
  void finish() {
    if (own != null) {
      turn.await(parameter);
      all.device().add(all, own, all);
      turn.handOn(parameter);
    }
  }
}
