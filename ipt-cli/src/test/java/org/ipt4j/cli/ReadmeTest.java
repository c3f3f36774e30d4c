package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Conv;
import org.ipt4j.core.Dense;
import org.ipt4j.core.Layer;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.data.batch.DataSetBatches;
import org.ipt4j.data.batch.PatchIterator;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Checkpoints;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingOptions;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.config.Adam;

/** The README's programs, run at the smallest size, and that they are the README's. */
class ReadmeTest {
  private static final Path README = Path.of("../README.md");
  private static final Path THIS = Path.of("src/test/java/org/ipt4j/cli/ReadmeTest.java");

  @Test
  void theProgramsRun(@TempDir Path folder) throws IOException {
    ImageFiles.write(new DeadLeaves(1, 1, 60, 70).image(0), folder.resolve("photos/a.png"));
    train(folder);
    restore(folder);
    Image large = ImageFiles.read(folder.resolve("large.png"));
    assertThat(large.height()).isEqualTo(120);
    assertThat(large.width()).isEqualTo(140);
  }

  private static void train(Path folder) throws IOException {
    List<Task> tasks = List.of(new Task("x2", 2), new Task("denoise30", 1));
    IptModel model = IptModel.create(IptConfig.preset("nano"), tasks, 1);
    BatchSource batches =
        BatchSource.degrading(
            ImageSource.open(folder.resolve("photos")), tasks, new PatchOptions(2, 12, 1));
    TrainingPlan plan =
        TrainingPlan.equally(1, tasks, Contrastive.ownBatches(ContrastiveForm.PAPER, 8, 0.1));
    Trainer trainer = new Trainer(model, plan, batches, new Adam(5e-4));
    trainer.trainTo(10, 1, new LossLog(100));
    model.save(folder.resolve("model.safetensors"), Map.of());
  }

  @Test
  void aRunIsWatchedAndTakesDl4jsIterators(@TempDir Path folder) throws IOException {
    Task task = new Task("denoise30", 1);
    ImageSource images = new DeadLeaves(1, 4, 40, 40);
    IptModel model = IptModel.create(IptConfig.preset("nano"), List.of(task), 1);
    TrainingPlan plan = TrainingPlan.equally(1, List.of(task), Contrastive.none());
    Patches patches =
        new Patches(images, Degradation.parse(task.name()), new PatchOptions(2, 12, 1));
    DataSetIterator iterator = new PatchIterator(patches::batch, 0, 10);
    Validation validation = Validation.degrading(images, List.of(task), 36, 1);
    BatchSource iterated = BatchSource.of(Map.of(task, new DataSetBatches(iterator)));
    Trainer trainer =
        new Trainer(
            model, plan, iterated, new Adam(5e-4), TrainingOptions.PUBLISHED.averaged(0.999));
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void stepDone(StepReport report) {}

          @Override
          public void validated(ValidationReport report) {
            System.out.println(report.step() + ": " + report.means());
          }
        };
    try (Checkpoints checkpoints = Checkpoints.open(folder.resolve("run"), 2, Map.of())) {
      TrainingRun run = new TrainingRun(trainer, checkpoints, 500, validation, 500);
      run.resume();
      run.trainTo(10, 1, listener, () -> false);
    }
    assertThat(IptModel.load(folder.resolve("run/best.safetensors")).tasks()).containsExactly(task);
  }

  @Test
  void aHeadOfYourOwn() {
    List<Task> tasks = List.of(new Task("x2", 2));
    TaskLayers plain =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            Conv conv = Conv.of(layout, name, 3, config.features(), 5);
            return (tape, x) -> Dense.relu(tape, conv.forward(tape, x));
          }
        };
    IptModel own = IptModel.create(IptConfig.preset("nano"), tasks, plain, 1);
    Image restored =
        new ImageRestorer(own).restore(tasks.get(0), new DeadLeaves(1, 1, 20, 30).image(0));
    assertThat(restored.width()).isEqualTo(60);
  }

  private static void restore(Path folder) throws IOException {
    IptModel model = Pretrained.tiny();
    new ImageRestorer(model)
        .restore(
            model.task("photo-x2"), folder.resolve("photos/a.png"), folder.resolve("large.png"));
    BufferedImage small = ImageIO.read(folder.resolve("photos/a.png").toFile());
    ImageRestorer restorer = new ImageRestorer(model);
    BufferedImage large = restorer.restore(model.task("x2"), small);
    assertThat(large.getHeight()).isEqualTo(120);
  }

  @Test
  void thePretrainedModelLearnsATask(@TempDir Path folder) throws IOException {
    ImageFiles.write(new DeadLeaves(1, 1, 200, 210).image(0), folder.resolve("photos/a.png"));
    IptModel tiny = Pretrained.tiny();
    Task deblur = Task.undoing("deblur:motion");
    IptModel tuned = tiny.with(deblur, tiny.task("denoise"), 1); // starts as denoise
    BatchSource photographs =
        BatchSource.degrading(
            ImageSource.open(folder.resolve("photos")), tuned.tasks(), new PatchOptions(2, 48, 1));
    TrainingPlan rehearsing =
        TrainingPlan.rehearsing(1, deblur, tiny.task("denoise"), tuned.tasks(), 0.25);
    new Trainer(tuned, rehearsing, photographs, new Adam(3e-4)).trainTo(10, 1, new LossLog(100));
    tuned.save(folder.resolve("tuned.safetensors"), Map.of());
    assertThat(IptModel.load(folder.resolve("tuned.safetensors")).tasks()).hasSize(9);
  }

  @Test
  void theProgramsAreTheReadmes() throws IOException {
    String here = normal(Files.readString(THIS));
    List<String> programs = new ArrayList<>();
    Matcher blocks =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
    while (blocks.find()) {
      programs.add(normal(blocks.group(1)));
    }
    assertThat(programs).hasSize(6);
    assertThat(programs).allSatisfy(program -> assertThat(here).contains(program));
  }

  /** Without white space, and with what differs in size or place made equal. */
  private static String normal(String program) {
    return program
        .replaceAll("Path\\.of\\(\"([^\"]*)\"\\)|folder\\.resolve\\(\"([^\"]*)\"\\)", "FILE")
        .replaceAll("preset\\(\"\\w+\"\\)", "PRESET")
        .replaceAll("PatchOptions\\(\\d+, \\d+", "PatchOptions(")
        .replaceAll("trainTo\\(\\d+", "trainTo(")
        .replaceAll("\\s+", "");
  }
}
