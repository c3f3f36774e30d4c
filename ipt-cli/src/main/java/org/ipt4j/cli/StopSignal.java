package org.ipt4j.cli;

import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * Asks a run to stop when the process is interrupted (Ctrl-C, SIGINT) or terminated (SIGTERM), and
 * holds the process until the run has stopped and {@link #close} is called.
 */
final class StopSignal implements BooleanSupplier, AutoCloseable {
  private final PrintWriter print;
  private final String reply;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread hook = new Thread(this::ask, "ipt-stop");
  private volatile boolean asked;

  /** {@code reply} is printed when the signal comes: what is still to be done. */
  StopSignal(PrintWriter print, String reply) {
    this.print = print;
    this.reply = reply;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void ask() {
    asked = true;
    StandardError.println(print, reply);
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean getAsBoolean() {
    return asked;
  }

  @Override
  public void close() {
    if (!asked) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException shutdownHasBegun) {
        asked = true;
      }
    }
    stopped.countDown();
  }
}
