package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.nd4j.linalg.learning.config.Adam;

/** Teaches the pretrained model a new task: {@code FineTune photos tuned.safetensors 500}. */
public final class FineTune {
  private FineTune() {}

  /** Takes the folder of photographs, where the model goes, and how many steps. */
  public static void main(String[] args) throws IOException {
    Arguments.check(args, "PHOTOGRAPHS", "MODEL", "STEPS");
    long steps = Long.parseLong(args[2]);
    IptModel tiny = Pretrained.tiny();
    Task deblur = Task.undoing("deblur:motion");
    IptModel tuned = tiny.with(deblur, tiny.task("denoise"), 1); // starts as denoise
    BatchSource photographs =
        BatchSource.degrading(
            ImageSource.open(Path.of(args[0])), tuned.tasks(), new PatchOptions(16, 48, 1));
    TrainingPlan rehearsing =
        TrainingPlan.rehearsing(1, deblur, tiny.task("denoise"), tuned.tasks(), 0.25);
    new Trainer(tuned, rehearsing, photographs, new Adam(3e-4)).trainTo(steps, 1, new LossLog(100));
    tuned.save(Path.of(args[1]), Map.of());
    System.out.println("model: " + args[1]);
  }
}
