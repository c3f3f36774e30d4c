package org.ipt4j.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.ipt4j.data.batch.Prefetch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A training run in a folder of checkpoints: trains, tries the model on held-out images now and
 * then, saves, and can be stopped and taken up again.
 */
public final class TrainingRun {
  private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

  private final Trainer trainer;
  private final Checkpoints checkpoints;
  private final long saveEvery;
  private final Validation validation;
  private final long validateEvery;

  /** Without validation. */
  public TrainingRun(Trainer trainer, Checkpoints checkpoints, long saveEvery) {
    this(trainer, checkpoints, saveEvery, Validation.none(), Long.MAX_VALUE);
  }

  /**
   * A run that has not begun yet.
   *
   * @param saveEvery steps from one checkpoint to the next
   * @param validation whose best gets a checkpoint, too
   * @param validateEvery steps from one validation to the next
   */
  public TrainingRun(
      Trainer trainer,
      Checkpoints checkpoints,
      long saveEvery,
      Validation validation,
      long validateEvery) {
    if (saveEvery < 1 || validateEvery < 1) {
      throw new IllegalArgumentException(
          "steps between checkpoints and validations are positive, got "
              + saveEvery
              + " and "
              + validateEvery);
    }
    this.trainer = Objects.requireNonNull(trainer, "trainer");
    this.checkpoints = Objects.requireNonNull(checkpoints, "checkpoints");
    this.saveEvery = saveEvery;
    this.validation = Objects.requireNonNull(validation, "validation");
    this.validateEvery = validateEvery;
  }

  /**
   * Takes up the run where its latest checkpoint left it; yields false if there is none. Logs a
   * warning if the run will not be the same to the bit on the threads there are.
   */
  public boolean resume() throws IOException {
    Optional<Path> latest = checkpoints.latest();
    if (latest.isPresent()) {
      trainer.resume(latest.get());
      trainer
          .otherThreads()
          .ifPresent(
              difference ->
                  LOG.warn(
                      "{}: its weights will differ slightly from those of a run that never stopped;"
                          + " Workers.limit or --threads sets the number",
                      difference));
    }
    return latest.isPresent();
  }

  /**
   * Trains up to (not including) step {@code end}. Where it ends or stops, the run is saved; at its
   * end it is also validated. If this thread is interrupted, it stops, and the thread stays
   * interrupted.
   *
   * @param stop asked before each step whether to stop; may be asked of another thread
   * @return whether it came to its end
   * @throws TrainingException if a loss or gradient was not finite or memory ran out; it names the
   *     last complete checkpoint, as does the IOException if one could not be saved. What a source
   *     of batches or a listener throws passes through
   */
  public boolean trainTo(
      long end, int loaderThreads, TrainingListener listener, BooleanSupplier stop)
      throws IOException {
    boolean stopped = stop.getAsBoolean() || Thread.currentThread().isInterrupted();
    if (trainer.step() < end && !stopped) {
      try (Prefetch<StagedBatch> ahead = trainer.ahead(loaderThreads)) {
        stopped = trainTo(end, ahead, listener, stop);
      }
    }
    listener.ended(trainer.step(), stopped);
    return !stopped;
  }

  // whether it was stopped
  private boolean trainTo(
      long end, Prefetch<StagedBatch> ahead, TrainingListener listener, BooleanSupplier stop)
      throws IOException {
    boolean stopped = false;
    while (trainer.step() < end && !stopped) {
      long next = Math.min(end, Math.min(after(saveEvery), after(validateEvery)));
      train(next, ahead, listener, stop);
      stopped = trainer.step() < next || Thread.currentThread().isInterrupted();
      OptionalDouble best = OptionalDouble.empty();
      if (!validation.isEmpty() && !stopped && isDue(validateEvery, end)) {
        best = better(listener);
        stopped = Thread.currentThread().isInterrupted();
      }
      if (best.isPresent() || stopped || isDue(saveEvery, end)) {
        save(best, listener);
      }
    }
    return stopped;
  }

  private long after(long every) {
    return every == Long.MAX_VALUE ? every : (trainer.step() / every + 1) * every;
  }

  private boolean isDue(long every, long end) {
    return trainer.step() % every == 0 || trainer.step() == end;
  }

  private void train(
      long end, Prefetch<StagedBatch> ahead, TrainingListener listener, BooleanSupplier stop)
      throws IOException {
    try {
      trainer.trainTo(end, ahead, listener, stop);
    } catch (TrainingException failure) {
      throw new TrainingException(failure.getMessage() + "; " + lastCheckpoint(), failure);
    }
  }

  /** The gain, if it is the best so far; empty also if this thread is interrupted meanwhile. */
  private OptionalDouble better(TrainingListener listener) throws IOException {
    try {
      ValidationReport report = validate();
      listener.validated(report);
      return report.gain() > checkpoints.bestGain()
          ? OptionalDouble.of(report.gain())
          : OptionalDouble.empty();
    } catch (CancellationException failure) {
      if (Thread.currentThread().isInterrupted()) {
        return OptionalDouble.empty();
      }
      throw failure;
    }
  }

  private ValidationReport validate() throws IOException {
    try {
      return validation.of(trainer.model(), trainer.step());
    } catch (IllegalArgumentException failure) {
      throw new TrainingException(
          "step "
              + trainer.step()
              + ", validation: "
              + failure.getMessage()
              + "; "
              + lastCheckpoint(),
          failure);
    }
  }

  private void save(OptionalDouble bestGain, TrainingListener listener) throws IOException {
    Path file;
    try {
      file = saved(bestGain);
    } catch (TrainingException failure) {
      throw new TrainingException(failure.getMessage() + "; " + lastCheckpoint(), failure);
    } catch (IOException failure) {
      throw new IOException(
          "step "
              + trainer.step()
              + ": the checkpoint could not be saved ("
              + failure.getMessage()
              + "); "
              + lastCheckpoint(),
          failure);
    }
    listener.saved(trainer.step(), file);
  }

  /** An interrupt closes a file that is written, which is written again then. */
  private Path saved(OptionalDouble bestGain) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return bestGain.isPresent()
              ? checkpoints.saveBest(trainer, bestGain.getAsDouble())
              : checkpoints.save(trainer);
        } catch (IOException failure) {
          if (!Thread.interrupted()) {
            throw failure;
          }
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private String lastCheckpoint() throws IOException {
    return checkpoints
        .latest()
        .map(file -> "the last complete checkpoint is " + file)
        .orElse("there is no checkpoint yet");
  }
}
