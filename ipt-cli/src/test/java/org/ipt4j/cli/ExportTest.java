package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ipt4j.cli.CommandRun.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import onnx.Onnx;
import org.ipt4j.cli.CommandRun.Outcome;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./ipt export}. */
class ExportTest {
  @TempDir Path folder;
  private String model;

  @BeforeEach
  void makeModel() throws IOException {
    Path file = folder.resolve("model.safetensors");
    List<Task> tasks =
        List.of(new Task("x2", 2), new Task("jpeg:quality=10", 1), new Task("jpeg_quality=10", 1));
    Map<String, String> notes =
        Map.of("licence", "CC0", "measured.x2", "36 dB", "measured.jpeg:quality=10", "28 dB");
    IptModel.create(IptConfig.preset("nano"), tasks, 1).save(file, notes);
    model = file.toString();
  }

  @Test
  void writesOneTaskWithWhatIsKnownOfIt() throws IOException {
    Path file = folder.resolve("x2.onnx");
    String[] call = {model, "--task", "x2", "-o", file.toString()};
    Outcome exported = run(Export.class, call);
    assertThat(exported.code()).as(exported.err()).isZero();
    assertThat(exported.out()).isEqualTo("x2: " + file + ", 0.2 MB" + System.lineSeparator());
    assertThat(notes(file))
        .containsEntry("licence", "CC0")
        .containsEntry("measured.x2", "36 dB")
        .containsEntry("ipt4j.task", "x2")
        .doesNotContainKeys("measured.jpeg:quality=10", "ipt4j.model");

    byte[] before = Files.readAllBytes(file);
    assertThat(run(Export.class, call))
        .isEqualTo(new Outcome(2, "", file + " exists already" + System.lineSeparator()));
    assertThat(run(Export.class, CommandRun.with(call, "--force", "--opset", "23")).code())
        .isZero();
    assertThat(Files.readAllBytes(file)).isNotEqualTo(before);
  }

  @Test
  void writesAllTasksIntoAFolder() throws IOException {
    Path out = folder.resolve("all");
    assertThat(run(Export.class, model, "-o", out.toString()).code()).isZero();
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("x2.onnx", "jpeg_quality=10.onnx", "jpeg_quality=10.2.onnx");
    }
    assertThat(notes(out.resolve("jpeg_quality=10.onnx")))
        .containsEntry("ipt4j.task", "jpeg:quality=10");
  }

  @Test
  void writesAPageWithARuntimeThatIsThere() throws IOException {
    Path runtime = folder.resolve("onnxruntime-web");
    Files.createDirectories(runtime.resolve("dist"));
    String[] call = {model, "--web", folder.resolve("page").toString(), "--runtime", runtime + ""};
    assertThat(run(Export.class, call).err()).contains("found no dist/ort.wasm.min.mjs there");
    for (String file :
        List.of("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")) {
      Files.writeString(runtime.resolve("dist").resolve(file), file);
    }
    assertThat(run(Export.class, call).code()).isZero();
    assertThat(notes(folder.resolve("page/models/x2.onnx"))).containsEntry("licence", "CC0");
    assertThat(run(Export.class, call).err()).contains("index.html exists already");
    assertThat(run(Export.class, CommandRun.with(call, "--force", "--task", "x2")).code()).isZero();
  }

  /** Without --runtime, which npm would fetch. */
  @Test
  void aFolderThatCannotBeUsedIsSaidBeforeAnythingIsFetched() throws IOException {
    Path file = Files.writeString(folder.resolve("full.txt"), "mine");
    for (Path within : List.of(file, file.resolve("page"))) {
      assertThat(run(Export.class, model, "--web", within.toString()))
          .isEqualTo(
              new Outcome(
                  2, "", "expected a folder, found a file: " + file + System.lineSeparator()));
    }
    assertThat(run(Export.class, model, "--web", folder.toString()))
        .isEqualTo(new Outcome(2, "", folder + " exists already" + System.lineSeparator()));
  }

  @Test
  void saysWhatIsMissing() {
    String file = folder.resolve("x.onnx").toString();
    assertThat(run(Export.class, model, "-o", file).err())
        .startsWith("expected --task, one of the model's:");
    assertThat(run(Export.class, model, "-o", file, "--task", "x4").err())
        .startsWith("the model has no task x4; it has:");
    assertThat(run(Export.class, model, "-o", file, "--opset", "18").err())
        .startsWith("expected opset 17 or 23, got 18");
    assertThat(run(Export.class, model, "-o", folder.resolve("x2.txt") + "", "--task", "x2").err())
        .startsWith("the file of --task ends in .onnx, got ");
    assertThat(folder.resolve("x.onnx")).doesNotExist();
  }

  private static Map<String, String> notes(Path file) throws IOException {
    return Onnx.ModelProto.parseFrom(Files.readAllBytes(file)).getMetadataPropsList().stream()
        .collect(
            Collectors.toMap(
                Onnx.StringStringEntryProto::getKey, Onnx.StringStringEntryProto::getValue));
  }
}
