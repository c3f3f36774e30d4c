package org.ipt4j.core;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The order in which parallel passes add to the same gradients: for each parameter the first pass,
 * then the second, and so on, so that the sums are bit-identical however the passes overlap in
 * time. A pass hands a parameter on as soon as it has added to it. All passes go back through the
 * same network, so one follows another at a distance of one operation.
 *
 * <p>Passes must begin in their order, or one could wait for another that has not begun. If one of
 * them fails, {@link #abandon} lets the others finish.
 */
public final class Turns {
  private final Map<Parameter, BitSet> done = new HashMap<>(); // the passes that have added to it
  private final BitSet ended = new BitSet(); // the passes that add to nothing any more
  private boolean abandoned;

  /** The turns of one pass. */
  final class Turn {
    private final int pass;

    private Turn(int pass) {
      this.pass = pass;
    }

    /** Waits until all earlier passes have added to {@code parameter}, or will not. */
    void await(Parameter parameter) {
      synchronized (Turns.this) {
        boolean interrupted = false;
        while (!abandoned && !isNext(parameter)) {
          try {
            Turns.this.wait();
          } catch (InterruptedException asked) {
            interrupted = true; // the others go on as well
          }
        }
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    private boolean isNext(Parameter parameter) {
      BitSet passes = (BitSet) ended.clone();
      passes.or(done.getOrDefault(parameter, ended));
      return passes.nextClearBit(0) >= pass;
    }

    /** This pass will add nothing more to {@code parameter}. */
    void handOn(Parameter parameter) {
      synchronized (Turns.this) {
        done.computeIfAbsent(parameter, p -> new BitSet()).set(pass);
        Turns.this.notifyAll();
      }
    }

    /** This pass will add nothing more at all. */
    void end() {
      synchronized (Turns.this) {
        ended.set(pass);
        Turns.this.notifyAll();
      }
    }
  }

  /** The turns of pass {@code pass}, counted from 0. */
  Turn of(int pass) {
    return new Turn(pass);
  }

  /** From here on nobody waits; the sums are then invalid. */
  public synchronized void abandon() {
    abandoned = true;
    notifyAll();
  }
}
