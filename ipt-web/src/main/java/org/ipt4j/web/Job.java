package org.ipt4j.web;

import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.ipt4j.data.image.ImageSize;

/**
 * One image to be restored, from its upload until its sender has the restored one or is gone. It is
 * told of from the restoring thread and waited for on others.
 */
final class Job {
  /** What becomes of a job, in this order; it ends in one of the last three. */
  enum State {
    WAITING,
    RESTORING,
    RESTORED,
    FAILED,
    CANCELLED
  }

  /**
   * How far it is.
   *
   * @param tiles 0 until it is known
   * @param size of the restored image, once there is one
   * @param failure why there is none
   */
  record Progress(State state, int done, int tiles, ImageSize size, Refusal failure) {
    boolean isOver() {
      return state.compareTo(State.RESTORED) >= 0;
    }
  }

  private final String id;
  private final Order order;
  private final long number;
  private final Path upload;
  private final Path restored;
  private Progress progress = new Progress(State.WAITING, 0, 0, null, null);
  private boolean cancelled;
  private boolean taken;

  Job(String id, Order order, long number, Path folder) {
    this.id = id;
    this.order = order;
    this.number = number;
    upload = folder.resolve(id + ".upload");
    restored = folder.resolve(id + ".png");
  }

  String id() {
    return id;
  }

  Order order() {
    return order;
  }

  /** Jobs of a kind come in the order of their numbers. */
  long number() {
    return number;
  }

  /** Where the degraded image lies. */
  Path upload() {
    return upload;
  }

  /** Where the restored image will lie, complete. */
  Path restored() {
    return restored;
  }

  /**
   * From here on it is being restored.
   *
   * @return false if nobody wants it any more
   */
  synchronized boolean begin() {
    if (progress.isOver()) {
      return false;
    }
    if (cancelled) {
      end(State.CANCELLED, null, null);
      return false;
    }
    to(new Progress(State.RESTORING, 0, 0, null, null));
    return true;
  }

  /**
   * Tells how far it is.
   *
   * @throws CancellationException if nobody wants it any more
   */
  synchronized void tilesDone(int done, int tiles) {
    if (cancelled) {
      throw new CancellationException();
    }
    to(new Progress(State.RESTORING, done, tiles, null, null));
  }

  void succeed(ImageSize size) {
    end(State.RESTORED, size, null);
  }

  void fail(Refusal failure) {
    end(State.FAILED, null, failure);
  }

  /** The restoring thread has let go of it. */
  void stopped() {
    end(State.CANCELLED, null, null);
  }

  private synchronized void end(State state, ImageSize size, Refusal failure) {
    to(new Progress(state, progress.done(), progress.tiles(), size, failure));
  }

  private void to(Progress next) {
    progress = next;
    notifyAll();
  }

  /** Nobody wants it any more: it ends before the next pass of tiles. */
  synchronized void cancel() {
    cancelled = true;
    if (progress.state() == State.WAITING) {
      end(State.CANCELLED, null, null);
    }
    notifyAll();
  }

  /** Its sender has the restored image. */
  synchronized void taken() {
    taken = true;
    notifyAll();
  }

  synchronized Progress progress() {
    return progress;
  }

  /** Waits for something other than {@code last}, at most so long; yields what there is then. */
  synchronized Progress awaitChange(Progress last, long milliseconds) throws InterruptedException {
    if (progress == last) {
      wait(milliseconds);
    }
    return progress;
  }

  /** Waits until the image is taken or unwanted, at most so long. */
  synchronized void awaitTaken(long milliseconds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    while (!taken && !cancelled) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }

  /** Waits until it has ended, without regard to interruption. */
  synchronized Progress awaitEnd() {
    boolean interrupted = false;
    while (!progress.isOver()) {
      try {
        wait();
      } catch (InterruptedException asked) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return progress;
  }
}
