package org.ipt4j.examples;

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
import org.ipt4j.data.DeadLeaves;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImageFiles;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.PatchOptions;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.LossLog;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Adam;

/** The README's two programs, run at the smallest size, and that they are the README's. */
class ReadmeTest {
  private static final Path README = Path.of("../README.md");
  private static final Path THIS = Path.of("src/test/java/org/ipt4j/examples/ReadmeTest.java");

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
            ImageSource.open(folder.resolve("photos")), tasks, new PatchOptions(2, 12, true, 1));
    TrainingPlan plan =
        TrainingPlan.equally(1, tasks, Contrastive.ownBatches(ContrastiveForm.PAPER, 8, 0.1));
    Trainer trainer = new Trainer(model, plan, batches, new Adam(5e-4));
    trainer.trainTo(10, 1, new LossLog(100));
    model.save(folder.resolve("model.safetensors"), Map.of());
  }

  private static void restore(Path folder) throws IOException {
    IptModel model = IptModel.load(folder.resolve("model.safetensors"));
    ImageRestorer restorer = new ImageRestorer(model);
    restorer.restore(model.task("x2"), folder.resolve("photos/a.png"), folder.resolve("large.png"));
    BufferedImage small = ImageIO.read(folder.resolve("photos/a.png").toFile());
    BufferedImage large = restorer.restore(model.task("x2"), small);
    assertThat(large.getHeight()).isEqualTo(120);
  }

  @Test
  void theProgramsAreTheReadmes() throws IOException {
    String here = normal(Files.readString(THIS));
    List<String> statements = new ArrayList<>();
    Matcher programs =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README));
    while (programs.find()) {
      statements.addAll(List.of(normal(programs.group(1)).split(";")));
    }
    assertThat(statements).hasSize(12);
    assertThat(statements).allSatisfy(statement -> assertThat(here).contains(statement + ";"));
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
