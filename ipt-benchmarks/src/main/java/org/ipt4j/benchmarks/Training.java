package org.ipt4j.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;

/**
 * A model that is trained and tried.
 *
 * @param arm how; its name and the seed tell it from all others
 * @param seed of what is drawn
 * @param start the model as it is before
 * @param images to train on
 * @param steps of training; 0 if the model is tried as it is
 * @param trials what it is tried on, where it has their tasks
 */
record Training(
    Arm arm, long seed, Start start, ImageSource images, int steps, List<Trial> trials) {
  /** Makes or loads a model. */
  @FunctionalInterface
  interface Start {
    IptModel model() throws IOException;
  }

  /** For messages. */
  String label() {
    return seed == Results.NO_SEED
        ? arm.name()
        : String.format(Locale.ROOT, "%s, seed %d", arm.name(), seed);
  }

  /** The model, trained. */
  IptModel model() throws IOException {
    IptModel model = start.model();
    if (steps > 0) {
      arm.train(model, images, steps, seed);
    }
    return model;
  }

  /** What the trained model comes to. */
  List<Results.Row> rows(IptModel model, double seconds) {
    return trials.stream()
        .filter(trial -> trial.isFor(model))
        .map(
            trial ->
                new Results.Row(
                    arm.name(), seed, steps, seconds, trial.name(), trial.restored(model)))
        .toList();
  }
}
