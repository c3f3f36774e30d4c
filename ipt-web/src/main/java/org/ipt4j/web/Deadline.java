package org.ipt4j.web;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends what the thread that made it does on a connection, unless closed in time: interrupts the
 * thread, which closes the connection under it.
 */
final class Deadline implements AutoCloseable {
  private final Thread thread = Thread.currentThread();
  private final Future<?> pending;
  private boolean over;
  private boolean missed;

  Deadline(ScheduledExecutorService clock, Duration time) {
    pending = clock.schedule(this::miss, time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized void miss() {
    if (!over) {
      missed = true;
      thread.interrupt();
    }
  }

  /** From here on the thread is not interrupted. */
  @Override
  public synchronized void close() {
    over = true;
    pending.cancel(false);
    if (missed) {
      Thread.interrupted();
    }
  }
}
