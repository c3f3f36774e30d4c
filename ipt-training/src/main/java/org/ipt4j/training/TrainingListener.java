package org.ipt4j.training;

import java.nio.file.Path;

/** Is told what happens while a model trains, on the training thread. */
@FunctionalInterface
public interface TrainingListener {
  /** A step is done; the model's weights have moved. */
  void stepDone(StepReport report);

  /** The model was tried on held-out images. */
  default void validated(ValidationReport report) {}

  /**
   * A checkpoint is complete.
   *
   * @param step how many steps are done
   */
  default void saved(long step, Path checkpoint) {}

  /**
   * The run is over.
   *
   * @param step how many steps are done
   * @param stopped whether it was asked to stop before its end
   */
  default void ended(long step, boolean stopped) {}

  /** Tells every one of {@code listeners} in turn. */
  static TrainingListener all(Iterable<? extends TrainingListener> listeners) {
    return new TrainingListener() {
      @Override
      public void stepDone(StepReport report) {
        listeners.forEach(listener -> listener.stepDone(report));
      }

      @Override
      public void validated(ValidationReport report) {
        listeners.forEach(listener -> listener.validated(report));
      }

      @Override
      public void saved(long step, Path checkpoint) {
        listeners.forEach(listener -> listener.saved(step, checkpoint));
      }

      @Override
      public void ended(long step, boolean stopped) {
        listeners.forEach(listener -> listener.ended(step, stopped));
      }
    };
  }
}
