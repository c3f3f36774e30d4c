package org.ipt4j.core;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * One thread's memory on a device: arrays are cut from large blocks, and all of them end when the
 * arena is closed, or earlier where it is known that nobody reads them any more. The blocks stay
 * with the thread for its next arena on that device, so a pass of the same kind as an earlier one
 * allocates nothing.
 *
 * <p>ND4J's workspaces have the same purpose. They learn their size in a first pass, whose arrays
 * they take from the system one by one, and so hold the memory of two passes.
 */
public final class Arena implements AutoCloseable {
  /**
   * What an arena's arrays are for. For each use a thread has one open arena per device at most.
   */
  enum Use {
    /** A whole pass through a network. */
    PASS,
    /** One layer. */
    LAYER,
    /** The layer after it, which reads what that one wrote. */
    NEXT_LAYER,
    /** One operation. */
    SCRATCH
  }

  /** What a thread has on one device. */
  private static final class Own {
    private final Device device;
    private final List<Block> blocks = new ArrayList<>();
    private final Map<Use, Arena> open = new EnumMap<>(Use.class);
    private Arena current; // null: none is open

    Own(Device device) {
      this.device = device;
    }
  }

  private static final ThreadLocal<Map<Device, Own>> OWN =
      ThreadLocal.withInitial(IdentityHashMap::new);

  private final Own own;
  private final Use use;
  private final List<Piece> inOrder = new ArrayList<>(); // of array(); null: ended
  private Arena enclosing; // null: none

  private Arena(Own own, Use use) {
    this.own = own;
    this.use = use;
    this.enclosing = own.current;
  }

  private static Own own(Device device) {
    return OWN.get().computeIfAbsent(device, Own::new);
  }

  /**
   * Opens the thread's arena for {@code use}; {@link #allocate} takes from it until it is closed.
   */
  static Arena open(Device device, Use use) {
    Own own = own(device);
    if (own.open.containsKey(use)) {
      throw new IllegalStateException(
          "memory for a "
              + use
              + " is open on this thread already"
              + (use == Use.SCRATCH ? " (while an operation goes back it always is)" : ""));
    }
    Arena arena = new Arena(own, use);
    own.open.put(use, arena);
    own.current = arena;
    return arena;
  }

  /** Gives all of this thread's blocks back to their devices. No arena may be open. */
  static void release() {
    for (Own own : OWN.get().values()) {
      if (own.current != null) {
        throw new IllegalStateException("memory is in use on this thread: close its tape first");
      }
    }
    for (Own own : OWN.get().values()) {
      own.blocks.forEach(block -> own.device.free(block.memory));
    }
    OWN.remove();
  }

  static boolean isOpen(Device device, Use use) {
    return own(device).open.containsKey(use);
  }

  /**
   * An array of the arena opened last, or outside all arenas if none is open; content undefined.
   */
  static Array allocate(Device device, long... shape) {
    Arena current = own(device).current;
    return current == null ? unpooled(device, shape) : current.array(shape);
  }

  /** Ends an array of the arena opened last ahead of its end; leaves one of elsewhere. */
  static void end(Array array) {
    Arena current = own(array.device()).current;
    for (int i = current == null ? -1 : current.inOrder.size() - 1; i >= 0; i--) {
      Piece piece = current.inOrder.get(i);
      if (piece != null && array.isAllOf(piece.array)) {
        current.inOrder.set(i, null);
        current.end(piece);
        return;
      }
    }
  }

  /** An array that outlives every arena; content undefined. */
  static Array unpooled(Device device, long... shape) {
    return device.allocate(Array.length(shape)).view(0, shape, Array.rowByRow(shape));
  }

  /** An array of this arena; content undefined. */
  Array array(long... shape) {
    Piece piece = piece(shape);
    inOrder.add(piece);
    return piece.array;
  }

  /** How many arrays {@link #array} has made. */
  int made() {
    return inOrder.size();
  }

  /**
   * Ends the arrays that {@link #array} made after the first {@code count}: others may take their
   * memory. Those of one line stay, since losses are read after the way back.
   */
  void endSince(int count) {
    for (int i = inOrder.size() - 1; i >= count; i--) {
      Piece piece = inOrder.remove(i);
      if (piece != null && piece.end - piece.begin > piece.block.line) {
        end(piece);
      }
    }
  }

  /** As {@link #array}, but not among those that {@link #endSince} ends; content undefined. */
  Piece piece(long... shape) {
    long length = Array.length(shape);
    return block(length).cut(length, shape);
  }

  /** Ends an array ahead of the arena's end. */
  void end(Piece piece) {
    own.device.ended(piece.array);
    piece.block.takeBack(piece);
  }

  /** This arena's first block with room for {@code length} numbers, else the first free block. */
  private Block block(long length) {
    Block free = null;
    for (Block block : own.blocks) {
      if (block.user == this && block.fits(length)) {
        return block;
      }
      if (free == null && block.user == null && block.fits(length)) {
        free = block;
      }
    }
    if (free == null) {
      free = new Block(own.device, length);
      own.blocks.add(free);
    }
    free.user = this;
    return free;
  }

  /** Ends the arena's arrays; does nothing the second time. */
  @Override
  public void close() {
    if (!own.open.remove(use, this)) {
      return;
    }
    for (Piece piece : inOrder) {
      if (piece != null) {
        own.device.ended(piece.array);
      }
    }
    for (Block block : own.blocks) {
      if (block.user == this) {
        block.free();
      }
    }
    leave();
  }

  /** Takes this arena out of those that are open; the one opened last need not go first. */
  private void leave() {
    if (own.current == this) {
      own.current = enclosing;
      return;
    }
    Arena inner = own.current;
    while (inner.enclosing != this) {
      inner = inner.enclosing;
    }
    inner.enclosing = enclosing;
  }

  /** An array, and where it lies. */
  static final class Piece {
    private final Block block;
    private final long begin; // in numbers
    private final long end;
    private final Array array;

    Piece(Block block, long begin, long end, Array array) {
      this.block = block;
      this.begin = begin;
      this.end = end;
      this.array = array;
    }

    Array array() {
      return array;
    }
  }

  private static final class Block {
    private static final long LEAST = 1 << 22; // numbers; untouched ones take no memory
    private static final long LINE = 64; // bytes: arrays begin as far apart as lines of a cache
    private static final int MOST = 1 << 13; // arrays kept, unless one user cuts many
    private static final int MOST_USERS = 16; // whose arrays are kept where each cuts many

    private final Array memory;
    private final Map<Long, List<Piece>> pieces = new HashMap<>(); // cut before, by beginning
    private int kept; // in all
    private int cut; // for this user
    private final long line; // numbers of a line
    private final Gaps gaps = new Gaps();
    private long top; // what lies above is free
    private Arena user; // null: free

    Block(Device device, long length) {
      line = LINE / device.precision().bytes();
      memory = device.allocate(lines(Math.max(LEAST, length)));
    }

    boolean fits(long length) {
      return top + lines(length) <= memory.length() || gaps.fit(lines(length));
    }

    private long lines(long length) {
      return (length + line - 1) / line * line;
    }

    Piece cut(long length, long[] shape) {
      long whole = lines(length);
      long begin = top;
      if (gaps.fit(whole)) {
        begin = gaps.take(whole);
      } else {
        top += whole;
      }
      cut++;
      List<Piece> here = pieces.computeIfAbsent(begin, from -> new ArrayList<>(1));
      for (Piece known : here) {
        if (known.array.hasShape(shape)) {
          return known;
        }
      }
      Array array = memory.view(begin, shape, Array.rowByRow(shape));
      Piece made = new Piece(this, begin, begin + whole, array);
      here.add(made);
      kept++;
      return made;
    }

    /** Other arrays may lie there; a block without any serves other arenas, too. */
    void takeBack(Piece piece) {
      gaps.give(piece.begin, piece.end);
      top = gaps.lower(top);
      if (top == 0) {
        free();
      }
    }

    void free() {
      if (kept > Math.max(MOST, MOST_USERS * cut)) { // shapes vary, and not all come again
        pieces.clear();
        kept = 0;
      }
      cut = 0;
      gaps.clear();
      top = 0;
      user = null;
    }
  }
}
