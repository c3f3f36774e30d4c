package org.ipt4j.core;

/**
 * A part of a network, composed of operations on the tape. It holds its parameters' places and
 * nothing of a call, so that one layer serves many threads.
 */
@FunctionalInterface
public interface Layer {
  /** Computes the layer's output for {@code x}. */
  Variable forward(Tape tape, Variable x);
}
