package org.ipt4j.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import org.ipt4j.data.image.Limits;
import org.ipt4j.data.image.Picture;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores images one after the other, in a thread of its own. Previews are restored before whole
 * images, between two passes of tiles also of the one at work. Whoever comes while as many wait as
 * may is refused, before anything is kept of what they send.
 */
final class RestoringQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RestoringQueue.class);
  private static final int ID_BYTES = 8;
  private static final int LONGEST_SIDE = 30_000;
  private static final String RETRY_SECONDS = "5";
  private static final int WARM_UP_TILES = 4; // a side

  private final WebLimits limits;
  private final Limits images;
  private final Path folder;
  private final IptModel model;
  private final ImageRestorer restorer;
  private final Semaphore places;
  private final Map<String, Job> jobs = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final SecureRandom random = new SecureRandom();
  private final PriorityBlockingQueue<Job> waiting =
      new PriorityBlockingQueue<>(
          1,
          Comparator.comparing((Job job) -> !job.order().isPreview())
              .thenComparingLong(Job::number));
  private final Thread thread = new Thread(this::run, "ipt-web-restoring");
  private volatile boolean closed;

  RestoringQueue(IptModel model, WebLimits limits, Path folder) {
    this.limits = limits;
    images = new Limits(limits.pixels(), 0);
    this.folder = folder;
    this.model = model;
    restorer = new ImageRestorer(model);
    places = new Semaphore(limits.waiting() + 1);
    thread.setDaemon(true);
    thread.start();
  }

  /** A place, whose holder closes it: then all that there was of the image is deleted. */
  final class Place implements AutoCloseable {
    private final Job job;

    private Place(Job job) {
      this.job = job;
    }

    Job job() {
      return job;
    }

    /** Once the upload is complete: has the image restored. */
    void enter() {
      waiting.add(job);
      if (closed) {
        job.cancel();
      }
    }

    @Override
    public void close() {
      job.cancel();
      job.awaitEnd();
      waiting.remove(job);
      jobs.remove(job.id());
      try {
        Files.deleteIfExists(job.upload());
        Files.deleteIfExists(job.restored());
      } catch (IOException e) {
        LOG.warn("a file of an image that was restored stays until the end", e);
      } finally {
        places.release();
      }
    }
  }

  /** A place for an image, if there is one. */
  Place admit(Order order) throws Refusal {
    if (closed || !places.tryAcquire()) {
      throw new Refusal(
          503,
          "the queue is full: "
              + limits.waiting()
              + " images wait already; try again in a few seconds",
          Map.of("Retry-After", RETRY_SECONDS));
    }
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    Job job = new Job(HexFormat.of().formatHex(id), order, numbers.getAndIncrement(), folder);
    jobs.put(job.id(), job);
    return new Place(job);
  }

  /** The job of that name. */
  Job job(String id) throws Refusal {
    Job job = jobs.get(id);
    if (job == null) {
      throw new Refusal(404, "no such image: it was taken, cancelled, or never asked for");
    }
    return job;
  }

  private void run() {
    warmUp();
    while (!closed) {
      try {
        restore(waiting.take());
      } catch (InterruptedException toEnd) {
        return;
      }
    }
  }

  /** What the restoring thread does for somebody. */
  private interface Work {
    void run() throws IOException, Refusal;
  }

  /**
   * Does it. Whatever fails, memory included, the thread goes on: nobody else restores.
   *
   * @return what its sender is to be told if it failed, else empty
   * @throws CancellationException if nobody wants it any more
   */
  private static Optional<Refusal> failure(Work work) {
    try {
      work.run();
      return Optional.empty();
    } catch (CancellationException unwanted) {
      throw unwanted;
    } catch (UnreadableImageException refused) {
      return Optional.of(new Refusal(422, Answers.oneLine(refused.reason())));
    } catch (IllegalArgumentException refused) {
      return Optional.of(new Refusal(400, Answers.oneLine(refused.getMessage())));
    } catch (Refusal refused) {
      return Optional.of(refused);
    } catch (IOException | RuntimeException | Error failure) {
      LOG.error("an image could not be restored", failure);
      return Optional.of(
          new Refusal(500, "the image could not be restored; the server's log says why"));
    }
  }

  // what is loaded and compiled on first use is not waited for by the first who asks
  private void warmUp() {
    try {
      failure(this::restoreBlack); // which the first who asks will be told
    } catch (CancellationException asked) {
      // somebody is waiting already
    }
  }

  private void restoreBlack() {
    int side = WARM_UP_TILES * model.config().imageSide();
    Image black = new Image(side, side, new float[Image.CHANNELS * side * side]);
    Image.quantised(
        restorer.restore(
            model.tasks().get(0),
            black.rows(),
            (done, tiles) -> {
              if (!waiting.isEmpty()) {
                throw new CancellationException();
              }
            }));
  }

  private void restorePreviews() {
    for (Job next = waiting.peek();
        next != null && next.order().isPreview();
        next = waiting.peek()) {
      if (waiting.remove(next)) { // its sender may have taken it back
        restore(next);
      }
    }
  }

  private void restore(Job job) {
    if (!job.begin()) {
      return;
    }
    try {
      failure(() -> restoreImage(job)).ifPresent(job::fail);
    } catch (CancellationException unwanted) {
      job.stopped();
    }
  }

  private void restoreImage(Job job) throws IOException, Refusal {
    Picture degraded = read(job);
    int scale = job.order().task().scale();
    ImageSize size = new ImageSize(scale * degraded.height(), scale * degraded.width());
    check(degraded, size);
    restorer.restore(
        job.order().task(),
        degraded,
        job.restored(),
        ImageFormat.PNG,
        (done, tiles) -> {
          job.tilesDone(done, tiles);
          if (!job.order().isPreview()) {
            restorePreviews();
          }
        });
    job.succeed(size);
  }

  private Picture read(Job job) throws UnreadableImageException {
    return job.order().of(Picture.read(job.upload(), images, repaired -> {}));
  }

  // a row of tiles is held in floats, however low the image is
  private void check(Picture degraded, ImageSize restored) throws Refusal {
    if (Math.max(degraded.height(), degraded.width()) > LONGEST_SIDE) {
      throw new Refusal(
          422,
          String.format(
              Locale.ROOT,
              "has %d×%d pixels (height×width), the limit is %d a side",
              degraded.height(),
              degraded.width(),
              LONGEST_SIDE));
    }
    if ((long) restored.height() * restored.width() > limits.restoredPixels()) {
      throw new Refusal(
          422,
          String.format(
              Locale.ROOT,
              "would become %d×%d pixels (height×width), the limit is %d in all",
              restored.height(),
              restored.width(),
              limits.restoredPixels()));
    }
  }

  /** Ends what is at work, and all that waits. */
  @Override
  public void close() {
    closed = true;
    jobs.values().forEach(Job::cancel);
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException asked) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
