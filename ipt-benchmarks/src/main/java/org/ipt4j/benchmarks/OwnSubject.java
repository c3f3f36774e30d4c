package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.ipt4j.core.Parameter;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.image.Image;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.nd4j.linalg.learning.config.Adam;

/** This library. */
final class OwnSubject implements Subject {
  private static final Task TASK = Inputs.TASKS.get(0);

  private final Case of;
  private final IptModel model;
  private PatchBatch batch;
  private Trainer trainer; // null until the first training step

  OwnSubject(Case of, Path folder) throws IOException {
    this.of = of;
    model = IptModel.create(of.config, Inputs.TASKS, 1);
    FloatBuffer weights = Inputs.weights(folder);
    for (Parameter parameter : model.values().layout().parameters()) {
      float[] numbers = new float[Math.toIntExact(parameter.length())];
      weights.get(numbers);
      model.values().write(parameter, numbers);
    }
  }

  @Override
  public float[] restore(float[] degraded, int n) {
    return model.restoreTiles(TASK, degraded, n);
  }

  @Override
  public double train(float[] degraded, float[] clean) {
    batch = new PatchBatch(of.batch, of.side(), Case.SCALE, degraded, clean);
    if (trainer == null) {
      trainer =
          new Trainer(
              model,
              TrainingPlan.equally(1, Inputs.TASKS, Contrastive.none()),
              (task, step) -> batch,
              new Adam(Case.RATE));
    }
    StepReport[] last = new StepReport[1];
    trainer.trainTo(trainer.step() + 1, 1, report -> last[0] = report);
    return last[0].loss();
  }

  @Override
  public float[] picture(float[] pixels) {
    return new ImageRestorer(model)
        .overlapping(Case.OVERLAP)
        .inBatchesOf(of.batch)
        .restore(TASK, new Image(Case.PICTURE_SIDE, Case.PICTURE_SIDE, pixels))
        .pixels();
  }
}
