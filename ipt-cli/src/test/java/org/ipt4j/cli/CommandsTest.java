package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ipt4j.cli.CommandRun.run;
import static org.ipt4j.cli.CommandRun.with;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ipt4j.cli.CommandRun.Outcome;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Exit codes and the one line that bad input gets. */
class CommandsTest {
  @Test
  void aModelIsPretrainedResumedAndUsed(@TempDir Path folder) throws IOException {
    ImageFiles.write(new DeadLeaves(1, 1, 40, 50).image(0), folder.resolve("photos/a.png"));
    Files.writeString(folder.resolve("photos/broken.png"), "no image");
    String[] run = {
      "--images",
      folder.resolve("photos").toString(),
      "--config",
      "nano",
      "--tasks",
      "x2,derain",
      "--batch",
      "2",
      "--checkpoint-every",
      "2",
      "--out",
      folder.resolve("run").toString()
    };
    Outcome first = run(Pretrain.class, with(run, "--steps", "3"));
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).contains("skipped: 1 image");
    assertThat(run(Pretrain.class, with(run, "--steps", "3")))
        .satisfies(again -> assertThat(again.code()).isEqualTo(2))
        .satisfies(again -> assertThat(again.err()).contains("holds a run already"));
    String[] otherTask = run.clone();
    otherTask[List.of(run).indexOf("x2,derain")] = "denoise30";
    assertThat(run(Pretrain.class, with(otherTask, "--steps", "3")).err())
        .contains("holds a run already");
    assertThat(run(Pretrain.class, with(run, "--steps", "5", "--resume")).code()).isZero();

    String model = folder.resolve("run/model.safetensors").toString();
    assertThat(run(Info.class, model).out())
        .contains("task            x2 (scale 2)")
        .containsPattern("trained +ipt pretrain\\R {16}images: .*\\R {16}image-scales:\\R");
    String out = folder.resolve("restored").toString();
    String photo = folder.resolve("photos/a.png").toString();
    Outcome restored =
        run(Restore.class, "--model", model, "--task", "x2", photo, photo + "x", "-o", out);
    assertThat(restored.code()).as("one of two inputs is missing").isEqualTo(2);
    assertThat(restored.out()).contains("1 of 2 restored");
    assertThat(ImageFiles.read(folder.resolve("restored/a.png")).width()).isEqualTo(100);
    assertThat(run(Restore.class, "--model", model, "--task", "x2", photo, "-o", out).out())
        .contains("0 of 1 restored", "1 there already");
  }

  @Test
  void librariesWriteFiguresAsTheCommandsDo() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try {
      run(Info.class, "nothing");
      assertThat("%d".formatted(7)).isEqualTo("7");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void publishedWeightsAreImportedAndUsed(@TempDir Path folder) throws IOException {
    Path weights = published(folder);
    String model = folder.resolve("model.safetensors").toString();
    String[] call = {weights.toString(), "--attention-heads", "4", "-o", model};
    Outcome imported = run(Import.class, with(call, "--tasks", "derain,x2", "--keep", "1,0"));
    assertThat(imported.code()).as(imported.err()).isZero();
    assertThat(imported.out())
        .contains("input residual: none", "head 1: derain")
        .contains("head 0: x2");
    assertThat(run(Info.class, model).out())
        .contains("features C      4")
        .contains("patches of P 3")
        .contains("16 of D 36")
        .contains("1 encoder + 1 decoder (MEMORY), 4 heads")
        .containsSubsequence("derain (scale 1)", "x2 (scale 2)")
        .contains("license         CC0")
        .contains("imported        published.safetensors, heads [1, 0]");
    Path photo = folder.resolve("photo.png");
    ImageFiles.write(new DeadLeaves(1, 1, 20, 30).image(0), photo);
    String out = folder.resolve("restored").toString();
    assertThat(
            run(Restore.class, "--model", model, "--task", "x2", photo.toString(), "-o", out)
                .code())
        .isZero();
    assertThat(ImageFiles.read(folder.resolve("restored/photo.png")).width()).isEqualTo(60);

    expect("exists already", Import.class, with(call, "--tasks", "x2,derain"));
    assertThat(run(Import.class, with(call, "--tasks", "x2,derain", "--force")).code()).isZero();
    String motion = "deblur:motion,length=3..9,angle=0..90";
    assertThat(run(Import.class, with(call, "--tasks", "x2," + motion, "--force")).out())
        .contains("head 0: x2", "head 1: " + motion);
    assertThat(run(Import.class, with(call, "--tasks", "x2,rain=derain:light", "--force")).out())
        .contains("head 1: rain");
    assertThat(IptModel.load(Path.of(model)).tasks())
        .contains(new Task("rain", 1, "derain:light", ""));
    expect("which needs no importing", Import.class, model, "-o", model + "2");
  }

  @Test
  void importAsksForWhatItIsNotTold(@TempDir Path folder) throws IOException {
    String weights = published(folder).toString();
    String out = folder.resolve("model.safetensors").toString();
    expect(
        "head 0 of scale 2, head 1 of scale 1; expected --tasks with 2 names for heads [0, 1],"
            + " got 0 (--keep takes other heads), and --attention-heads",
        Import.class,
        weights,
        "-o",
        out);
    String[] call = {weights, "-o", out, "--attention-heads", "4"};
    expect("--tasks with 1 name for heads [1]", Import.class, with(call, "--keep", "1"));
    expect("has no head 2", Import.class, with(call, "--keep", "2", "--tasks", "x2"));
    expect("twice", Import.class, with(call, "--keep", "1,1", "--tasks", "derain,derain"));
    expect("x3 is of scale 3, but head 0", Import.class, with(call, "--tasks", "x3,derain"));
    expect("x2, x3, x4", Import.class, with(call, "--tasks", "sharpen,derain"));
    String[] named = with(call, "--tasks", "x2,derain");
    expect("RGB range 255.0, asked for 1.0", Import.class, with(named, "--rgb-range", "1"));
    expect("'four' is not an int", Import.class, weights, "-o", out, "--attention-heads", "four");
    Path text = Files.writeString(folder.resolve("text"), "no weights");
    expect("safetensors or a PyTorch checkpoint", Import.class, text.toString(), "-o", out);
    assertThat(folder.resolve("model.safetensors")).doesNotExist();
  }

  /** A model's weights without its description: what another program might have written. */
  private static Path published(Path folder) throws IOException {
    Path own = folder.resolve("own.safetensors");
    Path published = folder.resolve("published.safetensors");
    List<Task> tasks = List.of(new Task("x2", 2), new Task("derain", 1));
    IptModel.create(IptConfig.preset("nano"), tasks, 1).save(own, Map.of());
    try (TensorFile file = SafeTensors.open(own)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.names().forEach(name -> tensors.put(name, file.tensor(name)));
      SafeTensors.write(published, Map.of("license", "CC0"), tensors);
    }
    return published;
  }

  @Test
  void badInputIsOneLineAndCode2(@TempDir Path folder) throws IOException {
    Path model = folder.resolve("m.safetensors");
    IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1).save(model, Map.of());
    String out = folder.resolve("out").toString();
    Files.createDirectories(folder.resolve("empty"));
    assertThat(
            run(Restore.class, "--model", model.toString(), "--task", "derain", "a.png", "-o", out)
                .err()
                .lines())
        .containsExactly("the model has no task derain; it has:", "  x2");
    expect(
        "no image", Pretrain.class, "--images", folder.resolve("empty").toString(), "--out", out);
    expect("x2, x3, x4", Pretrain.class, "--tasks", "sharpen", "--out", out);
    expect("known are base, small", Pretrain.class, "--config", "huge", "--out", out);
    expect("no such model", Info.class, folder.resolve("none").toString());
    expect("not negative, got -1", Demo.class, "--minutes", "-1", "--out", out);
    Path text = Files.writeString(folder.resolve("text"), "no weights at all");
    expect("no safetensors", Info.class, text.toString());
    expect("unknown --frobnicate; see info --help", Info.class, "--frobnicate", model.toString());
    expect("see ipt info --help", Ipt.class, "info", "--frobnicate");
    expect(
        "--data: expected a value, got the unknown option --taks (a file of this name: ./--taks);"
            + " see evaluate --help",
        Evaluate.class,
        "--data",
        "a",
        "--taks",
        "x2");
    expect(folder + " is a folder, expected a file of weights", Info.class, folder.toString());
  }

  @Test
  void aDeviceThatCannotBeUsedIsOneLineAndCode2(@TempDir Path folder) throws IOException {
    Path photo = folder.resolve("photo.png");
    ImageFiles.write(new DeadLeaves(1, 1, 20, 20).image(0), photo);
    String[] call = {
      photo.toString(), "--task", "x2", "-o", folder.resolve("out").toString(), "--device"
    };

    Outcome none = run(Restore.class, with(call, "cuda", "--card", "999"));
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err())
        .containsPattern("no NVIDIA (driver|card): |no card 999: ")
        .hasLineCount(1);
    expect("[AUTO, CPU, CUDA] (case-insensitive) but was 'tpu'", Restore.class, with(call, "tpu"));
    expect("[FLOAT32, TF32, BF16]", Restore.class, with(call, "cpu", "--arithmetic", "half"));
    expect("card must be 0 or more, not -1", Restore.class, with(call, "auto", "--card", "-1"));
    assertThat(folder.resolve("out")).doesNotExist();
    Outcome restored = run(Restore.class, with(call, "cpu", "--card", "999"));
    assertThat(restored.code()).as(restored.err()).isZero();
  }

  @Test
  void versionAndHelpArePrinted() throws IOException {
    String version = "ipt4j " + ModelFile.version() + System.lineSeparator();
    assertThat(run(Ipt.class, "--version")).isEqualTo(new Outcome(0, version, ""));
    assertThat(run(Ipt.class, "restore", "-V")).isEqualTo(new Outcome(0, version, ""));
    assertThat(run(Ipt.class, "--help").out()).contains("Commands:", "restore");
  }

  /** Where it computes, by how many threads, and what took the time. */
  @Test
  void whatComputesTakesTheOptionsOfComputing() {
    List<CommandLine> computing =
        Commands.commandLine(Ipt.class).getSubcommands().values().stream()
            .filter(command -> command.getCommandSpec().findOption("--device") != null)
            .toList();
    assertThat(computing).hasSize(7);
    assertThat(computing)
        .allSatisfy(
            command ->
                assertThat(command.getCommandSpec().optionsMap())
                    .as(command.getCommandName())
                    .containsKeys("--threads", "--profile"));
  }

  /** As on a full disk. */
  @Test
  void whatCannotBePrintedIsAFailure(@TempDir Path folder) throws IOException {
    Path model = folder.resolve("m.safetensors");
    IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1).save(model, Map.of());
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    for (boolean isFull : new boolean[] {false, true}) {
      StringWriter err = new StringWriter();
      CommandLine info =
          Commands.commandLine(new Info())
              .setOut(new PrintWriter(isFull ? full : OutputStream.nullOutputStream()))
              .setErr(new PrintWriter(err, true));
      assertThat(Commands.run(info, model.toString())).isEqualTo(isFull ? 2 : 0);
      assertThat(err.toString()).hasLineCount(isFull ? 1 : 0);
    }
  }

  /** Of a stranger's model, whose notes may be anything. */
  @Test
  void notesDoNotCommandTheTerminal(@TempDir Path folder) throws IOException {
    Path model = folder.resolve("m.safetensors");
    IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1)
        .save(
            model,
            Map.of(
                "license\u001b[2J",
                "CC0\u001b]0;title\u0007 \u009b31m\r\nmodel          good",
                Info.MEASURED + "x2",
                "37 dB\u001b[1A"));
    assertThat(run(Info.class, model.toString()).out())
        .containsPattern(
            "license\\?\\[2J +CC0\\?\\]0;title\\? \\?31m\\R {16}model          good\\R")
        .contains("37 dB?[1A")
        .doesNotContain("\u001b", "\u0007", "\u009b");
  }

  /** Where memory is short is said by who has none: Java, ND4J's native code, or a card. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Java heap space | Java's heap has at most ",
        "       nothing | Java's heap has at most ",
        "A card has no 9 bytes: 1 of 8 are free | A card has no 9 bytes: 1 of 8 are free",
      })
  void tooLittleMemoryIsOneLineAndCode2(String failure, String said) {
    Outcome outcome = run(Full.class, "error", failure);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).startsWith("not enough memory: " + said).hasLineCount(1);
  }

  @Test
  void ofNativeMemoryToo() {
    expect("not enough memory: std::bad_alloc", Full.class, "exception", "std::bad_alloc");
  }

  /** Finds no memory. */
  @Command(name = "full")
  static final class Full implements Callable<Integer> {
    @Parameters private List<String> failure;

    @Override
    public Integer call() {
      if (failure.get(0).equals("error")) {
        throw new OutOfMemoryError(failure.get(1).replace("nothing", ""));
      }
      throw new IllegalStateException(failure.get(1));
    }
  }

  private static void expect(String message, Class<?> command, String... arguments) {
    Outcome outcome = run(command, arguments);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message).hasLineCount(1);
  }

  @Test
  void thePretrainedModelIsTakenWhereNoneIsGiven(@TempDir Path folder) throws IOException {
    Path photo = folder.resolve("photo.png");
    ImageFiles.write(new DeadLeaves(1, 1, 30, 34).image(0), photo);
    String out = folder.resolve("out").toString();

    Outcome restored = run(Restore.class, photo.toString(), "--task", "x2", "-o", out);

    assertThat(restored.code()).as(restored.err()).isZero();
    assertThat(ImageFiles.read(folder.resolve("out/photo.png")).width()).isEqualTo(68);
    assertThat(run(Info.class).out())
        .contains("task            denoise (scale 1)")
        .contains("undoes denoise:sigma=0..55")
        .contains("Set5 ×2, Y: 37.01 dB");
  }

  @Test
  void tasksAreListedWithWhatTheyAreFor(@TempDir Path folder) throws IOException {
    Path photo = folder.resolve("photo.png");
    ImageFiles.write(new DeadLeaves(1, 1, 30, 34).image(0), photo);
    String[] call = {photo.toString(), "-o", folder.resolve("out").toString()};

    Outcome none = run(Restore.class, call);
    Outcome unknown = run(Restore.class, with(call, "--task", "sharpen"));
    Outcome beyond = run(Restore.class, with(call, "--task", "denoise70"));

    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err())
        .startsWith("expected --task, one of the model's:")
        .contains("  photo-x2  enlarges twice and cleans");
    assertThat(unknown.err())
        .startsWith("the model has no task sharpen; it has:")
        .contains("  denoise   removes noise");
    assertThat(beyond.err()).startsWith("the model has no task denoise70");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void anUnknownModelIsSaid() {
    expect("no such model: expected a file or one of tiny, got huge", Info.class, "huge");
  }
}
