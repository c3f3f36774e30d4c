package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Checkpoints;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Trains a new model on several tasks, and saves it on the way: {@code Pretrain photos run 2000}.
 * The same again goes on where the run was left.
 */
public final class Pretrain {
  private Pretrain() {}

  /** Takes the folder of photographs, the run's, and how many steps. */
  public static void main(String[] args) throws IOException {
    Arguments.check(args, "PHOTOGRAPHS", "RUN", "STEPS");
    long steps = Long.parseLong(args[2]);
    List<Task> tasks = List.of(Task.undoing("x2"), Task.undoing("denoise30"));
    IptModel model = IptModel.create(IptConfig.preset("tiny"), tasks, 1);
    BatchSource batches =
        BatchSource.degrading(
            ImageSource.open(Path.of(args[0])), tasks, new PatchOptions(16, 48, 1));
    TrainingPlan plan =
        TrainingPlan.equally(1, tasks, Contrastive.ownBatches(ContrastiveForm.PAPER, 8, 0.1));
    Trainer trainer = new Trainer(model, plan, batches, new Adam(5e-4));
    try (Checkpoints checkpoints = Checkpoints.open(Path.of(args[1]), 2, Map.of())) {
      TrainingRun run = new TrainingRun(trainer, checkpoints, 500);
      run.resume();
      run.trainTo(steps, 1, new LossLog(100), () -> false);
      trainer.model().save(Path.of(args[1]).resolve("model.safetensors"), Map.of());
    }
    System.out.printf("a model after %d steps, in %s%n", trainer.step(), args[1]);
  }
}
