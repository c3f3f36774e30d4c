package org.ipt4j.benchmarks;

import java.util.List;
import java.util.Locale;
import org.ipt4j.core.Parameter;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.WarmupCosine;
import org.ipt4j.transformer.DecoderForm;
import org.nd4j.linalg.learning.config.Adam;

/**
 * One way of training, to be compared with others that differ from it in one thing.
 *
 * @param name for tables
 * @param decoder what the decoder's second attention attends to
 * @param contrastive how the contrastive loss is mixed in
 * @param embedded whether there are task embeddings; if not, they are zero before the first step
 *     and made zero again after each, which is as if they did not exist
 * @param rate the learning rate at its highest
 */
record Arm(
    String name, DecoderForm decoder, Contrastive contrastive, boolean embedded, double rate) {
  private static final int BATCH = 8;

  private static final String EMBEDDING = "body.query_embed"; // how parameters' names begin

  /** With task embeddings. */
  Arm(String name, DecoderForm decoder, Contrastive contrastive, double rate) {
    this(name, decoder, contrastive, true, rate);
  }

  /** This arm without task embeddings. */
  Arm withoutEmbeddings() {
    return new Arm(name, decoder, contrastive, false, rate);
  }

  /** This arm under another name. */
  Arm named(String other) {
    return new Arm(other, decoder, contrastive, embedded, rate);
  }

  /** This arm with another learning rate. */
  Arm at(double other) {
    return new Arm(name, decoder, contrastive, embedded, other);
  }

  /** What step k of a run on {@code tasks} is. */
  TrainingPlan plan(List<Task> tasks, long seed) {
    return TrainingPlan.equally(seed, tasks, contrastive);
  }

  /**
   * A model with weights drawn from {@code seed}: C 8, P 4, 24×24, D 128, 36 tokens, A 4, 1+1
   * layers, with an input residual.
   */
  IptModel create(List<Task> tasks, long seed) {
    return IptModel.create(new IptConfig(8, 24, 4, 4, 1, 1, decoder, 255, true), tasks, seed);
  }

  /**
   * Trains a model on all its tasks.
   *
   * @param seed of the tasks' order and of the batches
   */
  void train(IptModel model, ImageSource images, int steps, long seed) {
    List<Task> tasks = model.tasks();
    Trainer trainer =
        new Trainer(
            model,
            plan(tasks, seed),
            BatchSource.degrading(
                images, tasks, new PatchOptions(BATCH, model.config().imageSide(), seed)),
            Adam.builder()
                .learningRateSchedule(new WarmupCosine(rate, steps / 20, steps, 0))
                .build());
    TrainingListener listener = report -> {};
    if (!embedded) {
      forgetEmbeddings(model);
      listener = report -> forgetEmbeddings(model);
    }
    trainer.trainTo(steps, 1, listener);
  }

  private static void forgetEmbeddings(IptModel model) {
    List<Parameter> embeddings =
        model.values().layout().parameters().stream()
            .filter(parameter -> parameter.name().startsWith(EMBEDDING))
            .toList();
    if (embeddings.size() != model.tasks().size()) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "expected %d task embeddings, got %s",
              model.tasks().size(),
              embeddings));
    }
    embeddings.forEach(
        embedding -> model.values().write(embedding, new float[(int) embedding.length()]));
  }
}
