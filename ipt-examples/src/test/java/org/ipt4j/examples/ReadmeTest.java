package org.ipt4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import example.Restoring;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;
import org.ipt4j.cuda.Arithmetic;
import org.ipt4j.cuda.Cuda;
import org.ipt4j.cuda.CudaSettings;
import org.ipt4j.cuda.CudaUnavailableException;
import org.ipt4j.data.batch.DataSetBatches;
import org.ipt4j.data.batch.PatchIterator;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
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
import org.ipt4j.training.StepReport;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingOptions;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.config.Adam;

/**
 * That the programs in the README, docs/JAVA.md and docs/GPU.md are those of this module, which
 * run: the examples, and here, at the smallest size, what is in none.
 */
class ReadmeTest {
  private static final List<Path> TEXTS =
      List.of(Path.of("../README.md"), Path.of("../docs/JAVA.md"), Path.of("../docs/GPU.md"));
  private static final Path SOURCES = Path.of("src");

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
  void aFileIsRestored(@TempDir Path folder) throws IOException {
    Path small = folder.resolve("small.png");
    Path large = folder.resolve("large.png");
    ImageFiles.write(new DeadLeaves(1, 1, 30, 40).image(0), small);
    Restoring.main(new String[] {small.toString(), large.toString()});
    assertThat(ImageFiles.read(large).width()).isEqualTo(80);
  }

  @Test
  void anImageInMemoryIsRestored() {
    IptModel model = Pretrained.tiny();
    BufferedImage small = new BufferedImage(70, 60, BufferedImage.TYPE_BYTE_GRAY);
    ImageRestorer restorer = new ImageRestorer(model);
    BufferedImage large = restorer.restore(model.task("x2"), small);
    assertThat(large.getHeight()).isEqualTo(120);
    assertThat(large.getType()).isEqualTo(BufferedImage.TYPE_BYTE_GRAY);
  }

  @Test
  void aCardRestores() {
    BufferedImage small = new BufferedImage(50, 60, BufferedImage.TYPE_BYTE_GRAY);
    try {
      Device card = Cuda.device(CudaSettings.of(Arithmetic.TF32));
      IptModel model = Pretrained.tiny().on(card);
      BufferedImage large = new ImageRestorer(model).restore(model.task("photo-x2"), small);
      assertThat(large.getHeight()).isEqualTo(120);
    } catch (CudaUnavailableException none) {
      Assumptions.abort("skipped: " + none.getMessage());
    }
  }

  static Device cardOrProcessor(CudaSettings settings) {
    try {
      return Cuda.device(settings);
    } catch (CudaUnavailableException none) {
      return Device.of(Precision.FLOAT);
    }
  }

  @Test
  void aModelIsMadeOnACardOrTheProcessor() {
    List<Task> tasks = List.of(Task.undoing("x2"));
    CudaSettings second = CudaSettings.of(Arithmetic.BF16).onCard(1).searching(Path.of("venv"));
    Device device = cardOrProcessor(second);
    IptModel model =
        IptModel.create(IptConfig.preset("nano"), tasks, TaskLayers.PUBLISHED, 1, device);
    assertThat(model.values().device()).isSameAs(device);
  }

  @Test
  void theProgramsInTheTextsAreThoseThatRun() throws IOException {
    StringBuilder sources = new StringBuilder();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".java")).toList()) {
        sources.append(normal(Files.readString(file)));
      }
    }
    List<String> programs = new ArrayList<>();
    for (Path text : TEXTS) {
      Matcher blocks =
          Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(text));
      while (blocks.find()) {
        programs.add(normal(blocks.group(1)));
      }
    }
    assertThat(programs).hasSize(10);
    assertThat(programs).allSatisfy(program -> assertThat(sources).contains(program));
  }

  /** Without white space, and with what differs in size or place made equal. */
  private static String normal(String program) {
    return program
        .replaceAll(
            "Path\\.of\\((\"[^\"]*\"|args\\[.\\])\\)|folder\\.resolve\\(\"[^\"]*\"\\)", "FILE")
        .replaceAll("preset\\(\"\\w+\"\\)", "PRESET")
        .replaceAll("PatchOptions\\(\\d+, \\d+", "PatchOptions(")
        .replaceAll("trainTo\\((\\d+|steps)", "trainTo(")
        .replaceAll("\\s+", "");
  }
}
