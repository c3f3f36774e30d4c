package org.ipt4j.core;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The plain device with whole batches and memory for staged numbers, as a card has; counts what is
 * staged.
 */
public final class StagingDevice extends Nd4jDevice {
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger all = new AtomicInteger();
  private final int most;

  /** Has no memory to stage more than so many arrays in all. */
  public StagingDevice(int most) {
    super(Precision.FLOAT);
    this.most = most;
  }

  /** How many are staged and not closed. */
  public int open() {
    return open.get();
  }

  /** How many were ever staged. */
  public int all() {
    return all.get();
  }

  @Override
  public boolean takesWholeBatches() {
    return true;
  }

  @Override
  public Staged stage(float[] numbers) {
    if (all.incrementAndGet() > most) {
      throw new OutOfMemoryError("no memory to stage");
    }
    open.incrementAndGet();
    Array there = permanent(numbers.length);
    write(numbers, 0, there);
    AtomicBoolean closed = new AtomicBoolean();
    return new Staged() {
      @Override
      public Array array(int from, long... shape) {
        if (closed.get()) {
          throw new IllegalStateException("closed");
        }
        return there.view(from, shape, Array.rowByRow(shape));
      }

      @Override
      public void close() {
        if (!closed.getAndSet(true)) {
          open.decrementAndGet();
        }
      }
    };
  }
}
