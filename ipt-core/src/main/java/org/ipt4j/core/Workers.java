package org.ipt4j.core;

import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * The number of threads that compute, and the threads that share work with the calling one. Their
 * number, the caller included, is what {@link #limit} says, else {@code OMP_NUM_THREADS}, else the
 * number of processors; it is one if ND4J does not compute on the processor. They are daemon
 * threads and sleep when idle. They work without ND4J, too.
 *
 * <p>ND4J's native operations keep to it. On a thread that runs alone they use all threads; in
 * tasks that run in parallel each uses only its share, so that nobody waits for another's part of
 * an operation.
 */
public final class Workers {
  private static final int PROCESSORS =
      Backend.isElsewhere() ? 1 : Runtime.getRuntime().availableProcessors();

  private static volatile int all = given();

  private static final ExecutorService HELPERS =
      Executors.newFixedThreadPool(
          Math.max(1, Math.max(all, PROCESSORS) - 1),
          work -> {
            Thread thread = new Thread(work, "ipt-worker");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * How many threads this thread may use (its share in a task, else null), and how many its OpenMP
   * was told.
   */
  private static final ThreadLocal<Integer> SHARE = new ThreadLocal<>();

  private static final ThreadLocal<Integer> TOLD = new ThreadLocal<>();

  private Workers() {}

  private static int given() {
    String wanted = System.getenv("OMP_NUM_THREADS");
    return !Backend.isElsewhere() && wanted != null && wanted.matches("[1-9]\\d{0,3}")
        ? Integer.parseInt(wanted)
        : PROCESSORS;
  }

  /**
   * Sets how many threads compute, for all work that starts from here on.
   *
   * @param threads 1 to the number of processors
   */
  public static synchronized void limit(int threads) {
    if (threads < 1 || threads > PROCESSORS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected 1 to %d threads, the processors there are, got %d",
              PROCESSORS,
              threads));
    }
    all = threads;
    if (Backend.isThere()) {
      Blas.limit(threads);
    }
  }

  /** How many threads compute in all. */
  static int all() {
    return all;
  }

  /** How many tasks can run in parallel when called from this thread. */
  public static int count() {
    Integer share = SHARE.get();
    return share == null ? all : share;
  }

  /** Lets the native operations of this thread use as many threads as {@link #count} says. */
  static void tellNatives() {
    int count = count();
    Integer told = TOLD.get();
    if (Backend.isThere() && (told == null || told != count)) {
      NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(count);
      TOLD.set(count);
    }
  }

  /**
   * Runs {@code task} for 0 to {@code tasks} − 1, in any order, and returns when all are done. A
   * task may call this too, to share its processors.
   *
   * @throws RuntimeException or Error: what the first failing task has thrown; tasks not yet begun
   *     are skipped
   */
  public static void run(int tasks, IntConsumer task) {
    int sides = Math.min(count(), tasks);
    if (sides <= 1) {
      tellNatives();
      for (int i = 0; i < tasks; i++) {
        task.accept(i);
      }
      return;
    }
    run(tasks, task, sides, count() / sides);
  }

  /**
   * As {@link #run(int, IntConsumer)}, but each task has one thread, however many there are: so a
   * task's results are bit-identical on any number of threads.
   */
  public static void runEachOnOneThread(int tasks, IntConsumer task) {
    run(tasks, task, Math.max(1, Math.min(count(), tasks)), 1);
  }

  private static void run(int tasks, IntConsumer task, int sides, int threadsEach) {
    begin(tasks, task, sides, threadsEach).finish();
  }

  private static Begun begin(int tasks, IntConsumer task, int sides, int threadsEach) {
    Shared shared = new Shared(tasks, task, threadsEach);
    for (int i = 1; i < sides; i++) {
      HELPERS.execute(shared);
    }
    return new Begun(shared);
  }

  /** Work that other threads have begun, while the one that asked for it does something else. */
  public static final class Begun {
    private final Shared shared;

    private Begun(Shared shared) {
      this.shared = shared;
    }

    /**
     * Takes part in the work, and returns when it is done.
     *
     * @throws RuntimeException or Error: what the first failing task has thrown; tasks not yet
     *     begun are skipped
     */
    public void finish() {
      shared.run();
      shared.await();
    }

    /** Skips the tasks that nobody has begun; {@link #finish} throws that they were cancelled. */
    public void abandon() {
      shared.failure.compareAndSet(null, new CancellationException());
    }
  }

  /** Work on a share of a range. */
  @FunctionalInterface
  public interface Share {
    /** Processes share number {@code share}: [from, end). */
    void run(int share, int from, int end);
  }

  /**
   * Splits {@code length} items into nearly equal shares and runs them as {@link #run(int,
   * IntConsumer)} does.
   */
  public static void run(int length, int shares, Share task) {
    run(shares, each(length, shares, task));
  }

  /**
   * As {@link #run(int, int, Share)}, but returns while the other threads work. Of several works
   * they do the one that was begun first. Where one thread computes, all is done by {@link
   * Begun#finish}.
   */
  public static Begun begin(int length, int shares, Share task) {
    int sides = Math.max(1, Math.min(count(), shares));
    return begin(shares, each(length, shares, task), sides, count() / sides);
  }

  private static IntConsumer each(int length, int shares, Share task) {
    return i -> task.run(i, first(length, shares, i), first(length, shares, i + 1));
  }

  /** The first item of share number {@code share} of {@code length} items. */
  static int first(int length, int shares, int share) {
    return (int) ((long) length * share / shares);
  }

  /** Tasks that several threads take one after another. */
  private static final class Shared implements Runnable {
    private final int tasks;
    private final IntConsumer task;
    private final int threadsEach;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch open;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Shared(int tasks, IntConsumer task, int threadsEach) {
      this.tasks = tasks;
      this.task = task;
      this.threadsEach = threadsEach;
      this.open = new CountDownLatch(tasks);
    }

    @Override
    public void run() {
      Integer outside = SHARE.get();
      SHARE.set(threadsEach);
      tellNatives(); // OpenMP's setting is the thread's own
      try {
        for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
          one(i);
        }
      } finally {
        SHARE.set(outside);
        tellNatives();
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
