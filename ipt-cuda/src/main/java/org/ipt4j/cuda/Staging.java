package org.ipt4j.cuda;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Copies from the heap to the card beside its work, on a stream of their own. Each thread fills a
 * pinned buffer that no other has. The card's context is current wherever this is called.
 */
final class Staging {
  private static final int LEAST_BUFFERS = 4; // so that one is filled while others are emptied

  private final Card card;
  private final long work; // the stream that uses what is staged
  private final long copies; // the stream that brings it
  private final long mostIdle; // bytes that are kept for later uploads
  private final StagedMemory<Piece> memory = new StagedMemory<>();
  private final Deque<PinnedBuffer> buffers = new ArrayDeque<>(); // nobody fills these
  private int made;

  Staging(Card card, long work, long copies) {
    this.card = card;
    this.mostIdle = card.properties().bytes() / 16;
    this.work = work;
    this.copies = copies;
  }

  Gpu.Upload upload(float[] numbers) {
    long bytes = (long) Float.BYTES * numbers.length;
    Piece piece = memory.take(bytes).orElseGet(() -> newPiece(bytes));
    try {
      piece.used.holdUp(copies);
      for (int from = 0; from < numbers.length; from += PinnedBuffer.LENGTH) {
        int length = Math.min(PinnedBuffer.LENGTH, numbers.length - from);
        copy(numbers, from, length, piece.address + (long) Float.BYTES * from);
      }
      piece.arrived.record(copies);
    } catch (RuntimeException | Error failure) {
      memory.giveBack(piece);
      throw failure;
    }
    return new OneUpload(piece);
  }

  private Piece newPiece(long bytes) {
    memory.freeIdle(mostIdle);
    return new Piece(bytes);
  }

  private void copy(float[] numbers, int from, int length, long to) {
    PinnedBuffer buffer = takeBuffer();
    try {
      buffer.await();
      buffer.floats().put(0, numbers, from, length);
      Driver.check(
          Driver.cuMemcpyHtoDAsync_v2(to, buffer.address(0), (long) Float.BYTES * length, copies),
          "copying to the card");
      buffer.record();
    } finally {
      synchronized (buffers) {
        buffers.addLast(buffer);
      }
    }
  }

  /** The buffer that was filled longest ago, or a new one. */
  private PinnedBuffer takeBuffer() {
    synchronized (buffers) {
      if (made >= LEAST_BUFFERS && !buffers.isEmpty()) {
        return buffers.removeFirst();
      }
      made++;
    }
    return new PinnedBuffer(copies);
  }

  /** Frees all that is kept for later uploads; yields whether that was anything. */
  boolean freeIdle() {
    return memory.freeIdle(0);
  }

  private final class Piece implements StagedMemory.Piece {
    private final long address;
    private final long bytes;
    private final Event arrived;
    private final Event used;

    Piece(long bytes) {
      this.bytes = bytes;
      address = card.allocate(bytes); // first: it may fail
      arrived = new Event();
      used = new Event();
    }

    @Override
    public long bytes() {
      return bytes;
    }

    @Override
    public void free() {
      arrived.await();
      card.free(address);
      arrived.destroy();
      used.destroy();
    }
  }

  private final class OneUpload implements Gpu.Upload {
    private final Piece piece;
    private final AtomicBoolean closed = new AtomicBoolean();

    OneUpload(Piece piece) {
      this.piece = piece;
    }

    @Override
    public long address() {
      if (closed.get()) {
        throw new IllegalStateException("staged numbers are used after they were closed");
      }
      card.use();
      piece.arrived.holdUp(work);
      return piece.address;
    }

    @Override
    public void close() {
      if (!closed.getAndSet(true)) {
        card.use();
        piece.used.record(work);
        memory.giveBack(piece);
      }
    }
  }
}
