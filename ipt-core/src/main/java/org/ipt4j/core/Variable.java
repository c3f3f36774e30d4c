package org.ipt4j.core;

import java.util.Locale;
import java.util.function.Consumer;

/**
 * An array and, if needed, the gradient of the loss with respect to it. It belongs to the {@link
 * Tape} that made it and ends with it.
 */
public final class Variable {
  /** An operation that adds to a {@link Target}. */
  @FunctionalInterface
  public interface Accumulation {
    /** target = new part + beta · target. */
    void into(Array target, double beta);
  }

  /** target = new part + beta · target: beta is 0 if the array is still undefined, else 1. */
  public record Target(Array array, double beta) {}

  /** The source of a gradient's array. */
  @FunctionalInterface
  interface GradientMemory {
    /** An array for the gradient; content undefined. */
    Array array();

    /** Whether {@link #array} already holds numbers to add to. */
    default boolean isFilled() {
      return false;
    }

    /** Whether it is a parameter's: many operations, far apart, may add to it. */
    default boolean isOfParameter() {
      return false;
    }

    /** Whether {@code part} may itself become the gradient; nothing else will then write to it. */
    default boolean handsOver(Array part) {
      return false;
    }

    /** Another operation has read the variable and may add to its gradient. */
    default void expectUse() {}

    /** One of those operations has finished adding. */
    default void used() {}
  }

  private final Array value;
  private final GradientMemory gradientMemory; // null: no gradient is wanted
  private Array gradient; // null: nothing has flowed back yet
  private boolean givenAway; // its parts receive in its place
  private boolean kept; // the way back reads its numbers
  private boolean ended; // nobody else reads them

  Variable(Array value, GradientMemory gradientMemory) {
    this.value = value;
    this.gradientMemory = gradientMemory;
  }

  /** A variable whose gradient array exists already and is added to: a parameter. */
  static Variable accumulating(Array value, Array gradient) {
    return new Variable(
        value,
        new GradientMemory() {
          @Override
          public Array array() {
            return gradient;
          }

          @Override
          public boolean isFilled() {
            return true;
          }

          @Override
          public boolean isOfParameter() {
            return true;
          }
        });
  }

  /**
   * Its numbers; not to be changed.
   *
   * @throws IllegalStateException after {@link Tape#end}, unless the way back reads them
   */
  public Array value() {
    checkThere();
    return value;
  }

  private void checkThere() {
    if (ended && !kept) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "a variable of shape %s was ended and then read", value));
    }
  }

  /** The way back reads its numbers. */
  void keep() {
    checkThere();
    kept = true;
  }

  /** Ends its array, unless the way back reads it. */
  void end() {
    if (!kept && !ended) {
      Arena.end(value);
    }
    ended = true;
  }

  /** Its shape. */
  public long[] shape() {
    return value.shape();
  }

  /** The length of axis {@code axis}. */
  public long size(int axis) {
    return value.size(axis);
  }

  /** Whether a gradient is computed for it. */
  public boolean isDifferentiable() {
    return gradientMemory != null;
  }

  /** d loss / d value, of the same shape; null if no gradient has reached it. */
  public Array gradient() {
    return gradient;
  }

  /** Where an operation adds to the gradient; null if none is computed. */
  public Target target() {
    if (!isDifferentiable()) {
      return null;
    }
    checkKept();
    boolean first = gradient == null;
    Array array = gradientArray();
    return new Target(array, first && !gradientMemory.isFilled() ? 0 : 1);
  }

  /**
   * Adds to the gradient by an operation that can add to its output; does nothing if no gradient is
   * computed.
   */
  public void receive(Accumulation part) {
    Target target = target();
    if (target != null) {
      part.into(target.array(), target.beta());
    }
  }

  /**
   * Adds {@code part}, of the same shape, to the gradient. The array that a {@link Tape.Backward}
   * was given may itself become the gradient, so it must not be written to afterwards.
   */
  public void receive(Array part) {
    if (isDifferentiable() && !givenAway && gradient == null && gradientMemory.handsOver(part)) {
      gradient = part;
      return;
    }
    receive(
        (target, beta) -> {
          if (beta == 0) {
            value.device().copy(part, target);
          } else {
            value.device().add(target, part, target);
          }
        });
  }

  /**
   * Adds to the gradient by an operation that can only overwrite its output. It gets the gradient
   * itself if that is still undefined, else an array of the open {@link Arena}.
   */
  public void receiveOverwriting(Consumer<Array> part) {
    receive(
        (target, beta) -> {
          if (beta == 0) {
            part.accept(target);
          } else {
            Array added = value.device().array(value.shape());
            part.accept(added);
            value.device().add(target, added, target);
          }
        });
  }

  Array gradientArray() {
    if (gradient == null) {
      gradient = gradientMemory.array();
    }
    return gradient;
  }

  /** The gradient's array, to any part of which numbers may be added. */
  Array filledGradient() {
    boolean first = gradient == null;
    Array array = gradientArray();
    if (first && !gradientMemory.isFilled()) {
      value.device().fill(array, 0);
    }
    return array;
  }

  /** Whether it is a parameter that gets a gradient. */
  boolean isParameter() {
    return isDifferentiable() && gradientMemory.isOfParameter();
  }

  void expectUse() {
    if (isDifferentiable()) {
      gradientMemory.expectUse();
    }
  }

  void used() {
    if (isDifferentiable()) {
      gradientMemory.used();
    }
  }

  void giveAway() {
    checkKept();
    givenAway = true;
  }

  private void checkKept() {
    if (givenAway) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT, "a variable of shape %s was split and then used itself", value));
    }
  }

  void forgetGradient() {
    gradient = null;
  }
}
