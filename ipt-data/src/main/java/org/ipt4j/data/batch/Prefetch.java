package org.ipt4j.data.batch;

import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Makes the data of coming steps on background threads and returns it in the order of the steps.
 * Only one thread may take at a time.
 */
public final class Prefetch<T> implements AutoCloseable {
  private final LongFunction<T> maker;
  private final Consumer<? super T> dropping;
  private final int ahead;
  private final ForkJoinPool threads; // a maker may share its step with idle ones
  private final Queue<Future<Made<T>>> queue = new ArrayDeque<>();
  private long next;
  private volatile boolean closed;

  /** As {@link #Prefetch(LongFunction, Consumer, long, int, int)}, of data that is just dropped. */
  public Prefetch(LongFunction<T> maker, long first, int threads, int ahead) {
    this(maker, made -> {}, first, threads, ahead);
  }

  /**
   * Starts at once.
   *
   * @param maker makes a step's data; called by several threads, in no particular order
   * @param dropping ends data that was made and will not be taken; it may be called twice for one
   * @param first the step of the first {@link #take}
   * @param threads how many threads make data
   * @param ahead how many steps are made, or being made, before they are taken
   */
  public Prefetch(
      LongFunction<T> maker, Consumer<? super T> dropping, long first, int threads, int ahead) {
    if (threads < 1 || ahead < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "prefetching takes at least 1 thread and 1 step ahead, got %d and %d",
              threads,
              ahead));
    }
    this.maker = Objects.requireNonNull(maker, "maker");
    this.dropping = Objects.requireNonNull(dropping, "dropping");
    this.ahead = ahead;
    this.next = first;
    this.threads = new ForkJoinPool(threads);
    fill();
  }

  private void fill() {
    while (queue.size() < ahead) {
      long step = next++;
      queue.add(threads.submit((Callable<Made<T>>) () -> make(step)));
    }
  }

  /** A step's data, or what making it threw: a pool would pass on a copy of that. */
  private record Made<T>(T data, Throwable failure) {}

  private Made<T> make(long step) {
    try {
      T made = maker.apply(step);
      if (closed) {
        dropping.accept(made);
      }
      return new Made<>(made, null);
    } catch (RuntimeException | Error failure) {
      return new Made<>(null, failure);
    }
  }

  /**
   * The next step's data; waits if it is not ready.
   *
   * @throws RuntimeException or an Error, if making the data threw it
   * @throws IllegalStateException after {@link #close}
   * @throws CancellationException if the waiting thread is interrupted; it stays so
   */
  public synchronized T take() {
    Future<Made<T>> oldest = queue.poll();
    if (oldest == null) {
      throw new IllegalStateException("nothing can be taken from a closed prefetch");
    }
    fill();
    try {
      Made<T> made = oldest.get();
      if (made.failure() instanceof RuntimeException thrown) {
        throw thrown;
      }
      if (made.failure() instanceof Error thrown) {
        throw thrown;
      }
      return made.data();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (CancellationException)
          new CancellationException("interrupted while waiting for a step's data").initCause(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a step's data is not there", e); // make returns always
    }
  }

  /** Stops the threads and waits for them to end; what was made and not taken is dropped. */
  @Override
  public synchronized void close() {
    closed = true;
    threads.shutdownNow();
    try {
      threads.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    while (!queue.isEmpty()) {
      drop(queue.remove());
    }
  }

  private void drop(Future<Made<T>> made) {
    if (!made.isDone() || made.isCancelled()) { // it is never made, or dropped when it is
      return;
    }
    try {
      if (made.get().failure() == null) {
        dropping.accept(made.get().data());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      // nothing was made
    }
  }
}
