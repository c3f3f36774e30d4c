package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Checkpoints;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingListener;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingRun;
import org.ipt4j.training.Validation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Adam;

/** The tables and the page of runs at the smallest size, stopped and taken up again. */
class TrainingReportTest {
  private static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));
  private static final int END = 9;
  private static final int SAVED = 4; // every so many steps
  private static final int VALIDATED = 3;

  /** A process that is killed before a step. */
  private static final class Killed extends RuntimeException {}

  @Test
  void aRunInPiecesLeavesTheTablesOfAWholeOne(@TempDir Path folder) throws IOException {
    Path whole = folder.resolve("whole");
    Path pieces = folder.resolve("pieces");
    train(whole, -1);
    assertThatThrownBy(() -> train(pieces, 7)).isInstanceOf(Killed.class); // checkpoint of step 4
    assertThat(steps(pieces.resolve("metrics.csv"))).hasSize(7);
    assertThat(steps(pieces.resolve("validation.csv"))).containsExactly("3", "3", "6", "6");
    tear(pieces.resolve("metrics.csv"), "7,x2,L1,12.");
    tear(pieces.resolve("validation.csv"), "9,x2,1,20.0,21");
    Path unfinished = pieces.resolve(".report.html.8f14e45f-ceea-467f-a8d5-1f2a3b4c5d6e.part");
    Files.writeString(unfinished, "<ht");
    train(pieces, -1);

    assertThat(unfinished).doesNotExist();
    assertThat(steps(pieces.resolve("metrics.csv")))
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8");
    assertThat(withoutTimes(pieces)).isEqualTo(withoutTimes(whole));
    assertThat(Files.readString(pieces.resolve("validation.csv")))
        .isEqualTo(Files.readString(whole.resolve("validation.csv")));
    JsonNode page = data(pieces);
    assertThat(page.get("charts")).isEqualTo(data(whole).get("charts"));
    assertThat(page.get("scores")).isEqualTo(data(whole).get("scores"));
    assertThat(page.get("images").asInt()).isEqualTo(2 * END);
  }

  @Test
  void thePageHoldsAllThereIsToSee(@TempDir Path folder) throws IOException {
    train(folder, -1);
    JsonNode page = data(folder);
    assertThat(page.get("state").asText()).isEqualTo("FINISHED");
    assertThat(page.get("step").asInt()).isEqualTo(END);
    assertThat(page.get("settings").get("note").asText()).isEqualTo("</script><b>&");
    assertThat(page.get("charts").findValuesAsText("title"))
        .containsExactly(
            "Loss",
            "PSNR gained in validation",
            "Contrastive loss",
            "Gradient norm",
            "Learning rate");
    JsonNode losses = page.get("charts").get(0).get("lines");
    assertThat(losses.findValuesAsText("name")).containsExactlyInAnyOrder("x2", "denoise30");
    assertThat(losses.get(0).get("values").size() + losses.get(1).get("values").size())
        .as("steps that are not contrastive")
        .isEqualTo(END - END / 4);
    assertThat(page.get("charts").get(1).get("lines").get(0).get("steps"))
        .extracting(JsonNode::asInt)
        .containsExactly(3, 6, 9);
    assertThat(page.get("scores").findValuesAsText("task")).containsExactly("x2", "denoise30");
    assertThat(page.get("scores").findValuesAsText("step")).containsOnly("9");
    assertThat(page.get("pictures")).hasSize(2);
    JsonNode denoised = page.get("pictures").get(1);
    assertThat(denoised.get("psnrBefore").asDouble())
        .isBetween(21.0, 26.0); // σ = 30 on three channels, less on luma
    for (String which : List.of("input", "restored", "clean")) {
      byte[] png = Base64.getDecoder().decode(denoised.get(which).asText().split(",")[1]);
      assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).as(which).isEqualTo(24);
    }
    String html =
        Files.readString(folder.resolve("report.html"))
            .replace("\"http://www.w3.org/2000/svg\"", ""); // a name, not an address
    assertThat(html).doesNotContain("http://", "https://", "src=\"", "href=", "{{");
  }

  @Test
  void aRunStoppedBeforeItsNextValidationKeepsThePictures(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> train(folder, 5)).isInstanceOf(Killed.class);
    assertThat(data(folder).get("state").asText()).isEqualTo("RUNNING");
    JsonNode pictures = data(folder).get("pictures");
    assertThat(pictures).hasSize(2);
    try (RunHistory history = RunHistory.open(folder, 4)) {
      new TrainingReport(folder, "again", END, Map.of(), history).ended(4, true);
    }
    assertThat(data(folder).get("state").asText()).isEqualTo("STOPPED");
    assertThat(data(folder).get("pictures")).isEqualTo(pictures);
    try (RunHistory history = RunHistory.open(folder, 2)) {
      new TrainingReport(folder, "again", END, Map.of(), history).ended(2, true);
    }
    assertThat(data(folder).get("pictures")).as("of step 3, from which it went back").isEmpty();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsOnly("checkpoints", "metrics.csv", "validation.csv", "report.html");
    }
  }

  @Test
  void aLongRunIsASmallPage(@TempDir Path folder) throws IOException {
    List<Task> tasks =
        Stream.of("x2", "x3", "x4", "a", "b", "c").map(name -> new Task(name, 1)).toList();
    try (RunHistory history = RunHistory.open(folder, 0)) {
      for (int step = 0; step < 20_000; step++) {
        history.stepDone(
            new StepReport(
                step,
                tasks.get(step % 6),
                TrainingPlan.Objective.BOTH,
                10 + Math.sin(step),
                Math.cos(step),
                step,
                1e-4,
                8,
                0.5,
                0));
      }
      new TrainingReport(folder, "long", 20_000, Map.of(), history).ended(20_000, false);
    }
    assertThat(Files.size(folder.resolve("report.html"))).isLessThan(200_000);
    assertThat(data(folder).get("charts").findValues("values")).hasSize(9);
  }

  @Test
  void anotherTableIsRefusedAndKept(@TempDir Path folder) throws IOException {
    Path table = folder.resolve("metrics.csv");
    for (String text : List.of("a,b\r\n1,2\r\n", "a\r\n")) {
      Files.writeString(table, text);
      assertThatThrownBy(() -> RunHistory.open(folder, 3))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("metrics.csv: row 1: expected [step, task");
      assertThat(Files.readString(table)).isEqualTo(text);
    }
    Files.delete(table);
    RunHistory.open(folder, 0).close();
    String whole = Files.readString(table);
    Files.writeString(table, whole + "3,\"x2\r\n");
    assertThatThrownBy(() -> RunHistory.open(folder, 3))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("metrics.csv: no table: ");
    Files.writeString(table, whole);
    tear(table, "0,x2,L1,abc,,1.0,1.0,8,1.0,0.0\r\n");
    assertThatThrownBy(() -> RunHistory.open(folder, 3))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("metrics.csv")
        .hasMessageContaining("abc");
  }

  /** What the page's script makes of the data, in the browser that {@code ipt.browser} names. */
  @Test
  void aBrowserShowsThePage(@TempDir Path folder) throws IOException {
    String browser = System.getProperty("ipt.browser", "");
    assumeTrue(!browser.isEmpty(), "-Dipt.browser=chromium runs this test");
    train(folder, -1);
    Process process =
        new ProcessBuilder(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--user-data-dir=" + folder.resolve("profile"),
                "--dump-dom",
                folder.resolve("report.html").toUri().toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String page = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(page.split("<svg")).hasSize(1 + 5);
    assertThat(page.split("class=\"smooth\"")).hasSize(1 + 2 + 2 + 1 + 1 + 1);
    assertThat(page.split("<figure")).hasSize(1 + 6);
    assertThat(page).contains("&lt;/script&gt;&lt;b&gt;&amp;</td>").doesNotContain("NaN");
  }

  private static void train(Path folder, long killedAt) throws IOException {
    IptModel model = IptModel.create(IptConfig.preset("nano"), TASKS, 1);
    TrainingPlan plan =
        TrainingPlan.equally(5, TASKS, Contrastive.ownBatches(ContrastiveForm.PAPER, 4, 0.1));
    BatchSource batches =
        BatchSource.degrading(new DeadLeaves(1, 5, 64, 64), TASKS, new PatchOptions(2, 12, 1));
    Trainer trainer = new Trainer(model, plan, batches, new Adam(1e-3));
    Validation validation = Validation.degrading(new DeadLeaves(2, 1, 40, 40), TASKS, 24, 1);
    try (Checkpoints checkpoints = Checkpoints.open(folder.resolve("checkpoints"), 9, Map.of())) {
      TrainingRun run = new TrainingRun(trainer, checkpoints, SAVED, validation, VALIDATED);
      run.resume();
      try (RunHistory history = RunHistory.open(folder, trainer.step())) {
        TrainingReport report =
            new TrainingReport(folder, "Nano", END, Map.of("note", "</script><b>&"), history);
        run.trainTo(
            END,
            1,
            TrainingListener.all(List.of(history, report)),
            () -> {
              if (trainer.step() == killedAt) {
                throw new Killed();
              }
              return false;
            });
      }
    }
  }

  private static void tear(Path table, String rest) throws IOException {
    Files.writeString(table, Files.readString(table) + rest);
  }

  private static List<String> steps(Path table) throws IOException {
    return Files.readAllLines(table).stream()
        .skip(1)
        .map(line -> line.substring(0, line.indexOf(',')))
        .toList();
  }

  private static List<String> withoutTimes(Path folder) throws IOException {
    List<String> rows = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("metrics.csv"))) {
      rows.add(line.replaceAll(",[^,]*,[^,]*$", ""));
    }
    return rows;
  }

  private static JsonNode data(Path folder) throws IOException {
    return new ObjectMapper().readTree(WebPage.data(folder.resolve("report.html")).orElseThrow());
  }
}
