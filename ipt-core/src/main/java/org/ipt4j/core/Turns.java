package org.ipt4j.core;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The order in which passes that go back side by side add to the same gradients: for each parameter
 * the first pass, then the second, and so on, so that sums are the same to the bit however the
 * passes fall together in time. A pass hands a parameter on as soon as it has added to it; since
 * all go back through the same network, one pass follows another at the distance of one operation.
 *
 * <p>Passes must begin in their order, or one could wait for another that has not begun. If one of
 * them fails, {@link #abandon} lets the others end.
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

    /** Returns when all earlier passes have added to {@code parameter}, or will not. */
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

    /** This pass has added all it will to {@code parameter}. */
    void handOn(Parameter parameter) {
      synchronized (Turns.this) {
        done.computeIfAbsent(parameter, p -> new BitSet()).set(pass);
        Turns.this.notifyAll();
      }
    }

    /** This pass adds to nothing any more. */
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

  /** Nobody waits from here on; what has been added is worth nothing. */
  public synchronized void abandon() {
    abandoned = true;
    notifyAll();
  }
}
