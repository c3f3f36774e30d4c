package org.ipt4j.core;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Threads that share work with the thread that calls them: as many in all as {@code
 * OMP_NUM_THREADS} says, else as there are processors; one where ND4J does not compute on the
 * processor. They are daemons and sleep in between.
 *
 * <p>While tasks run side by side, ND4J's native operations in each take only that task's share of
 * the processors: nobody waits for another's part of an operation.
 */
public final class Workers {
  /** Whether ND4J computes on the processor, on memory that Java can address. */
  static final boolean ON_PROCESSOR =
      Nd4j.getExecutioner().type() == OpExecutioner.ExecutionerType.NATIVE_CPU;

  /** How many there are, the calling thread included. */
  static final int COUNT = all();

  private static final ExecutorService HELPERS =
      Executors.newFixedThreadPool(
          Math.max(1, COUNT - 1),
          work -> {
            Thread thread = new Thread(work, "ipt-worker");
            thread.setDaemon(true);
            return thread;
          });
  private static final ThreadLocal<Integer> PROCESSORS = ThreadLocal.withInitial(() -> COUNT);

  private Workers() {}

  private static int all() {
    if (!ON_PROCESSOR) {
      return 1;
    }
    String wanted = System.getenv("OMP_NUM_THREADS");
    return wanted != null && wanted.matches("[1-9]\\d{0,3}")
        ? Integer.parseInt(wanted)
        : Runtime.getRuntime().availableProcessors();
  }

  /** How many tasks can run side by side when called from this thread. */
  public static int count() {
    return PROCESSORS.get();
  }

  /**
   * Runs {@code task} for 0 to {@code tasks} − 1, in any order, and returns when all are done; a
   * task may itself share its processors by calling this.
   *
   * @throws RuntimeException or Error: what the first task to fail has thrown; tasks not begun by
   *     then are left out
   */
  public static void run(int tasks, IntConsumer task) {
    int sides = Math.min(count(), tasks);
    if (sides <= 1) {
      for (int i = 0; i < tasks; i++) {
        task.accept(i);
      }
      return;
    }
    Shared shared = new Shared(tasks, task, count() / sides);
    for (int i = 1; i < sides; i++) {
      HELPERS.execute(shared);
    }
    shared.run();
    shared.await();
  }

  /** A share of what is counted. */
  @FunctionalInterface
  public interface Share {
    /** Number {@code share} of them: [from, end). */
    void run(int share, int from, int end);
  }

  /**
   * Runs {@code length} of something in as good as equal shares, as {@link #run(int, IntConsumer)}.
   */
  public static void run(int length, int shares, Share task) {
    run(shares, i -> task.run(i, first(length, shares, i), first(length, shares, i + 1)));
  }

  /** Where share number {@code share} of {@code length} begins. */
  static int first(int length, int shares, int share) {
    return (int) ((long) length * share / shares);
  }

  /** Tasks that several threads take one after the other. */
  private static final class Shared implements Runnable {
    private final int tasks;
    private final IntConsumer task;
    private final int processorsEach;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch open;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Shared(int tasks, IntConsumer task, int processorsEach) {
      this.tasks = tasks;
      this.task = task;
      this.processorsEach = processorsEach;
      this.open = new CountDownLatch(tasks);
    }

    @Override
    public void run() {
      NativeOps natives = NativeOpsHolder.getInstance().getDeviceNativeOps();
      int processors = PROCESSORS.get();
      int nativeThreads = natives.ompGetMaxThreads(); // OpenMP's setting is the thread's own
      PROCESSORS.set(processorsEach);
      natives.setOmpNumThreads(processorsEach);
      try {
        for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
          one(i);
        }
      } finally {
        natives.setOmpNumThreads(nativeThreads);
        PROCESSORS.set(processors);
      }
    }

    private void one(int i) {
      try {
        if (failure.get() == null) {
          task.accept(i);
        }
      } catch (RuntimeException | Error thrown) {
        failure.compareAndSet(null, thrown);
      } finally {
        open.countDown();
      }
    }

    // uninterruptibly: the others still write to the caller's arrays
    void await() {
      boolean interrupted = false;
      while (true) {
        try {
          open.await();
          break;
        } catch (InterruptedException asked) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure.get() instanceof Error error) {
        throw error;
      }
      if (failure.get() != null) {
        throw (RuntimeException) failure.get();
      }
    }
  }
}
