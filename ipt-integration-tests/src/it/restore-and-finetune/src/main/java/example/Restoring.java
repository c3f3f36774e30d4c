package example;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.nd4j.linalg.learning.config.Adam;

/** Restores an image, and teaches the pretrained model to undo other damage. */
public final class Restoring {
  private static final Image CLEAN = new DeadLeaves(1, 1, 120, 90).image(0);

  private Restoring() {}

  public static void main(String[] args) throws IOException {
    IptModel tiny = Pretrained.tiny();
    expectAtLeast(6, "restoring", gain(tiny, tiny.task("denoise30")));

    Task dark = Task.undoing("lowlight:gamma=2,sigma=0");
    IptModel model = tiny.with(dark, tiny.task("denoise"), 1);
    double before = gain(model, dark);
    BatchSource batches =
        BatchSource.degrading(
            new DeadLeaves(2, 8, 96, 96), List.of(dark), new PatchOptions(4, 48, 1));
    TrainingPlan plan = TrainingPlan.equally(1, List.of(dark), Contrastive.none());
    new Trainer(model, plan, batches, new Adam(1e-3)).trainTo(12, 1, step -> {});
    Path file = Path.of(args[0], "tuned.safetensors");
    model.save(file, Map.of());
    expectAtLeast(1, "twelve steps", gain(IptModel.load(file), dark) - before);
  }

  /** By how many dB the restored image is nearer to the clean one than the damaged. */
  private static double gain(IptModel model, Task task) {
    Image damaged = Degradation.parse(task.degradation()).apply(CLEAN, Randomness.at(1));
    Image restored = new ImageRestorer(model).restore(task, damaged);
    return Metrics.psnr(restored, CLEAN, Metrics.Channels.RGB, 0)
        - Metrics.psnr(damaged, CLEAN, Metrics.Channels.RGB, 0);
  }

  private static void expectAtLeast(double expected, String what, double gain) {
    String said = "Java %s: %s gains %.2f dB".formatted(Runtime.version().feature(), what, gain);
    if (gain < expected) {
      throw new IllegalStateException(said + ", expected at least " + expected);
    }
    System.out.println(said);
  }
}
