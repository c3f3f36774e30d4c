package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport.Means;
import org.nd4j.linalg.learning.config.Adam;

/** Teaches a model to undo what has no name: {@code OwnDegradation photos others 500}. */
public final class OwnDegradation {
  private OwnDegradation() {}

  /** Few levels of each colour, as old screens had: 4 to 16, drawn for each image. */
  private record FewLevels(String name) implements Degradation {
    @Override
    public Image apply(Image clean, RandomGenerator random) {
      float step = 255f / random.nextInt(3, 16);
      float[] pixels = clean.pixels().clone(); // [3,H,W]
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = step * Math.round(pixels[i] / step);
      }
      return new Image(clean.height(), clean.width(), pixels);
    }
  }

  /** Takes the folder of photographs, another to try the model on, and how many steps. */
  public static void main(String[] args) throws IOException {
    Arguments.check(args, "PHOTOGRAPHS", "OTHERS", "STEPS");
    Task task = new Task("few levels", 1);
    Map<Task, Degradation> own = Map.of(task, new FewLevels(task.name()));
    IptModel model = Pretrained.tiny().with(task, Pretrained.tiny().task("jpeg"), 1);
    ImageSource photographs = ImageSource.open(Path.of(args[0]));
    PatchOptions options = new PatchOptions(16, 48, 1);
    BatchSource batches =
        BatchSource.degrading(photographs, own, any -> options, new SkippedImages());
    TrainingPlan plan = TrainingPlan.equally(1, own.keySet(), Contrastive.none());
    Trainer trainer = new Trainer(model, plan, batches, new Adam(3e-4));
    Validation others = Validation.degrading(ImageSource.open(Path.of(args[1])), own, 192, 1);
    trainer.trainTo(Long.parseLong(args[2]), 1, new LossLog(100));
    Means means = others.of(model, trainer.step()).means().get(task);
    System.out.printf(
        "PSNR %.2f dB, restored %.2f dB%n", means.before().psnr(), means.after().psnr());
  }
}
