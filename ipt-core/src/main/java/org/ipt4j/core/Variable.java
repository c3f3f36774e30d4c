package org.ipt4j.core;

import java.util.Locale;
import java.util.function.Consumer;

/**
 * An array and, where it is wanted, the gradient of the loss with respect to it. Belongs to the
 * {@link Tape} that made it and dies with it.
 */
public final class Variable {
  /** An operation that adds to a {@link Target}. */
  @FunctionalInterface
  public interface Accumulation {
    /** target = new part + beta · target. */
    void into(Array target, double beta);
  }

  /** target = new part + beta · target: beta is 0 where the array is still undefined, else 1. */
  public record Target(Array array, double beta) {}

  /** Where a gradient's array comes from. */
  @FunctionalInterface
  interface GradientMemory {
    /** An array for the gradient, its content undefined. */
    Array array();

    /** Whether {@link #array} already holds numbers, which are added to. */
    default boolean isFilled() {
      return false;
    }

    /** Whether {@code part} may itself become the gradient: nobody else will write to it. */
    default boolean handsOver(Array part) {
      return false;
    }

    /** One more operation has read the variable and may add to its gradient. */
    default void expectUse() {}

    /** One of those operations has added what it will. */
    default void used() {}
  }

  private final Array value;
  private final GradientMemory gradientMemory; // null: no gradient is wanted
  private Array gradient; // null: nothing has flowed back yet
  private boolean givenAway; // its parts receive in its place

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
        });
  }

  /** Its number or numbers; not to be changed. */
  public Array value() {
    return value;
  }

  /** Its shape. */
  public long[] shape() {
    return value.shape();
  }

  /** The length of axis {@code axis}. */
  public long size(int axis) {
    return value.size(axis);
  }

  /** Whether gradients are to be computed for it. */
  public boolean isDifferentiable() {
    return gradientMemory != null;
  }

  /** d loss / d value, same shape; null if nothing has flowed back. */
  public Array gradient() {
    return gradient;
  }

  /** Where an operation adds to the gradient; null where none is wanted. */
  public Target target() {
    if (!isDifferentiable()) {
      return null;
    }
    if (givenAway) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT, "a variable of shape %s was split and then used itself", value));
    }
    boolean first = gradient == null;
    Array array = gradientArray();
    return new Target(array, first && !gradientMemory.isFilled() ? 0 : 1);
  }

  /**
   * Adds to the gradient by an operation that can itself add; does nothing where none is wanted.
   */
  public void receive(Accumulation part) {
    Target target = target();
    if (target != null) {
      part.into(target.array(), target.beta());
    }
  }

  /**
   * Adds {@code part}, of the same shape, to the gradient; the array that a {@link Tape.Backward}
   * was given may become the gradient, so it is not to be written to any more.
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
   * Adds to the gradient by an operation that can only overwrite; it gets the gradient itself where
   * that is still undefined, else an array of the open {@link Arena}.
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
    givenAway = true;
  }

  void forgetGradient() {
    gradient = null;
  }
}
