package org.ipt4j.core;

/**
 * A part of a network, composed of operations on the tape. It holds the places of its parameters
 * and no state of a call, so one layer serves many threads.
 */
@FunctionalInterface
public interface Layer {
  /** Computes the layer's output for {@code x}. */
  Variable forward(Tape tape, Variable x);
}
