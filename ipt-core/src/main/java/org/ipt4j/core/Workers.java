package org.ipt4j.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Threads that share the work of one operation with the thread that calls it: as many in all as
 * {@code OMP_NUM_THREADS} says, else as there are processors. They are daemons and sleep between
 * operations.
 */
final class Workers {
  static final int COUNT = count();
  private static final ExecutorService HELPERS =
      Executors.newFixedThreadPool(
          Math.max(1, COUNT - 1),
          work -> {
            Thread thread = new Thread(work, "ipt-worker");
            thread.setDaemon(true);
            return thread;
          });

  private Workers() {}

  private static int count() {
    String wanted = System.getenv("OMP_NUM_THREADS");
    return wanted != null && wanted.matches("[1-9]\\d{0,3}")
        ? Integer.parseInt(wanted)
        : Runtime.getRuntime().availableProcessors();
  }

  /** Runs {@code task} for 0 to {@code tasks} − 1, in any order, and returns when all are done. */
  static void run(int tasks, IntConsumer task) {
    AtomicInteger next = new AtomicInteger();
    Runnable share =
        () -> {
          for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
            task.accept(i);
          }
        };
    List<Future<?>> helpers = new ArrayList<>();
    for (int i = 1; i < Math.min(COUNT, tasks); i++) {
      helpers.add(HELPERS.submit(share));
    }
    share.run();
    for (Future<?> helper : helpers) {
      await(helper);
    }
  }

  // uninterruptibly: the others still write to the operation's arrays
  private static void await(Future<?> helper) {
    boolean interrupted = false;
    while (true) {
      try {
        helper.get();
        break;
      } catch (InterruptedException asked) {
        interrupted = true;
      } catch (ExecutionException failure) {
        throw new IllegalStateException("a part of an operation failed", failure.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
