package org.ipt4j.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.indexer.FloatIndexer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Memory of one thread outside the Java heap: arrays are cut from blocks one behind the other, and
 * all end together when the arena is closed. The blocks stay with the thread, for whichever arena
 * needs one next, so that a pass like one before it allocates nothing.
 *
 * <p>ND4J's workspaces, which serve the same end, learn their size in a first pass whose arrays
 * they take from the system one by one, and so hold the memory of two passes.
 */
public final class Arena implements AutoCloseable {
  /** What an arena's arrays are for; of each use a thread has one arena. */
  enum Use {
    /** A whole pass through a network. */
    PASS,
    /** One layer. */
    LAYER,
    /** One operation. */
    SCRATCH
  }

  private static final ThreadLocal<Map<Use, Arena>> OWN = ThreadLocal.withInitial(Arena::all);
  private static final ThreadLocal<Arena> CURRENT = new ThreadLocal<>();

  private final Map<DataType, List<Block>> blocks; // of all the thread's arenas
  private boolean open;
  private Arena enclosing; // null: none

  private Arena(Map<DataType, List<Block>> blocks) {
    this.blocks = blocks;
  }

  private static Map<Use, Arena> all() {
    Map<DataType, List<Block>> blocks = new EnumMap<>(DataType.class);
    Map<Use, Arena> arenas = new EnumMap<>(Use.class);
    for (Use use : Use.values()) {
      arenas.put(use, new Arena(blocks));
    }
    return arenas;
  }

  /**
   * Opens the thread's arena for {@code use}: {@link #allocate} takes from it until it is closed.
   */
  static Arena open(Use use) {
    Arena arena = OWN.get().get(use);
    if (arena.open) {
      throw new IllegalStateException("memory for a " + use + " is open on this thread already");
    }
    arena.open = true;
    arena.enclosing = CURRENT.get();
    CURRENT.set(arena);
    return arena;
  }

  /** Gives all blocks of this thread back to the system, of which none may be in use. */
  static void release() {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("memory is in use on this thread: close its tape first");
    }
    Map<DataType, List<Block>> blocks = OWN.get().get(Use.PASS).blocks;
    blocks.values().forEach(all -> all.forEach(Block::release));
    OWN.remove();
  }

  static boolean isOpen(Use use) {
    return OWN.get().get(use).open;
  }

  /** An array of the arena opened last, or of its own if none is open; its content undefined. */
  static INDArray allocate(DataType type, long... shape) {
    Arena current = CURRENT.get();
    return current == null ? unpooled(type, shape) : current.array(type, shape);
  }

  /** An array of this arena, its content undefined. */
  INDArray array(DataType type, long... shape) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    return block(type, length).cut(length, shape);
  }

  /** The first block of its own with room for {@code length} numbers, else the first free one. */
  private Block block(DataType type, long length) {
    List<Block> all = blocks.computeIfAbsent(type, t -> new ArrayList<>());
    Block free = null;
    for (Block block : all) {
      if (block.user == this && block.fits(length)) {
        return block;
      }
      if (free == null && block.user == null && block.fits(length)) {
        free = block;
      }
    }
    if (free == null) {
      free = new Block(type, length);
      all.add(free);
    }
    free.user = this;
    return free;
  }

  /** Ends the arrays. */
  @Override
  public void close() {
    for (List<Block> all : blocks.values()) {
      for (Block block : all) {
        if (block.user == this) {
          block.free();
        }
      }
    }
    CURRENT.set(enclosing);
    enclosing = null;
    open = false;
  }

  /** ND4J writes to all it takes, so that also what is never used gets pages; this does not. */
  @SuppressForbidden("gives the arenas' blocks their memory")
  private static INDArray untouched(FloatPointer memory, DataType type, long length) {
    return Nd4j.create(
        Nd4j.createBuffer(memory, type, length, FloatIndexer.create(memory)),
        new long[] {length},
        new long[] {1},
        0,
        'c');
  }

  /** An array that outlives every arena. */
  @SuppressForbidden("takes memory of its own")
  static INDArray unpooled(DataType type, long... shape) {
    return Nd4j.createUninitialized(type, shape, 'c');
  }

  private static final class Block {
    private static final long LEAST = 1 << 22; // numbers; untouched ones take no memory
    private static final long LINE = 64; // bytes of a cache line, where arrays begin

    private final FloatPointer own; // null: the memory is ND4J's to free
    private final INDArray memory;
    private final Map<Long, List<INDArray>> arrays = new HashMap<>(); // all ever cut, by beginning
    private final long first; // that lies at the beginning of a line
    private final long step; // numbers of a line
    private long next;
    private Arena user; // null: free

    Block(DataType type, long length) {
      step = LINE / type.width();
      long size = Math.max(LEAST, length + step);
      own = Kernels.ON_PROCESSOR && type == DataType.FLOAT ? new FloatPointer(size) : null;
      memory = own == null ? unpooled(type, size) : untouched(own, type, size);
      long address = memory.data().address();
      first = (LINE - address % LINE) % LINE / type.width();
      next = first;
    }

    void release() {
      memory.close();
      if (own != null) {
        own.deallocate();
      }
    }

    boolean fits(long length) {
      return next + length <= memory.length();
    }

    INDArray cut(long length, long[] shape) {
      List<INDArray> here = arrays.computeIfAbsent(next, from -> new ArrayList<>(1));
      INDArray array = null;
      for (INDArray known : here) {
        if (Arrays.equals(known.shape(), shape)) {
          array = known;
        }
      }
      if (array == null) {
        array = Kernels.view(memory, next, shape.clone(), Nd4j.getStrides(shape, 'c'));
        here.add(array);
      }
      next += (length + step - 1) / step * step;
      return array;
    }

    void free() {
      next = first;
      user = null;
    }
  }
}
