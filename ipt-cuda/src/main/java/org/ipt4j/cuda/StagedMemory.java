package org.ipt4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Memory of a card for numbers that are staged, of sizes that come again and again: what is idle is
 * kept, since freeing waits for the card. Serves many threads.
 *
 * @param <P> a piece of memory
 */
final class StagedMemory<P extends StagedMemory.Piece> {
  /** A piece of memory. */
  interface Piece {
    long bytes();

    /** Frees it, when the work that uses it is done. */
    void free();
  }

  private final List<P> idle = new ArrayList<>(); // those given back first come first

  /** The smallest idle piece of so many bytes that is less than twice as large, if any. */
  synchronized Optional<P> take(long bytes) {
    P best = null;
    for (P piece : idle) {
      if (piece.bytes() >= bytes
          && piece.bytes() < 2 * bytes
          && (best == null || piece.bytes() < best.bytes())) {
        best = piece;
      }
    }
    idle.remove(best);
    return Optional.ofNullable(best);
  }

  /** A piece is idle again; its last work may still be queued. */
  synchronized void giveBack(P piece) {
    idle.add(piece);
  }

  /**
   * Frees the pieces that have been idle longest, until the others have at most so many bytes.
   *
   * @return whether that were any
   */
  boolean freeIdle(long rest) {
    List<P> surplus = new ArrayList<>();
    synchronized (this) {
      long bytes = idle.stream().mapToLong(Piece::bytes).sum();
      while (bytes > rest) {
        P oldest = idle.remove(0);
        surplus.add(oldest);
        bytes -= oldest.bytes();
      }
    }
    surplus.forEach(Piece::free);
    return !surplus.isEmpty();
  }
}
