package org.ipt4j.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.onnx.Opset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page without a server. */
class StaticPageTest {
  private static final List<Task> TASKS =
      List.of(
          new Task("x2", 2),
          new Task("jpeg:quality=9", 1),
          new Task("denoise", 1, "denoise:sigma=0..50", ""));
  private static final Pattern ADDRESS =
      Pattern.compile("(?:src|href|from|URL\\()[ =]?\"(?:\\./)?([^\"]+\\.\\w+)\"");

  private final IptModel model = IptModel.create(IptConfig.preset("nano"), TASKS, 1);
  @TempDir Path folder;
  private Path runtime;

  @BeforeEach
  void makeRuntime() throws IOException {
    runtime = folder.resolve("onnxruntime-web");
    Path dist = Files.createDirectories(runtime.resolve("dist"));
    for (String file :
        List.of("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")) {
      Files.writeString(dist.resolve(file), file);
    }
  }

  @Test
  void hasEveryFileThatItAsksFor() throws IOException {
    Path page = folder.resolve("page");
    write(page, TASKS);
    for (String script : List.of("index.html", "app.js", "engine.js", "worker.js")) {
      Matcher address = ADDRESS.matcher(Files.readString(page.resolve(script)));
      assertThat(address.find()).as(script).isTrue();
      do {
        assertThat(page.resolve(address.group(1))).as(script).isRegularFile();
      } while (address.find());
    }
    assertThat(page.resolve("ort/ort-wasm-simd-threaded.wasm"))
        .hasContent("ort-wasm-simd-threaded.wasm");
    assertThat(page.resolve("engine.js")).content().contains("worker.js");
  }

  @Test
  void describesItsTasks() throws IOException {
    Path page = folder.resolve("page");
    write(page, List.of(TASKS.get(1)));
    JsonNode tasks =
        new ObjectMapper().readTree(Files.readString(page.resolve("models/tasks.json")));
    assertThat(tasks).hasSize(1);
    JsonNode task = tasks.get(0);
    assertThat(task.get("name").asText()).isEqualTo("jpeg:quality=9");
    assertThat(task.get("title").asText()).isEqualTo("Remove JPEG blocks");
    assertThat(task.get("scale").asInt()).isEqualTo(1);
    assertThat(task.get("side").asInt()).isEqualTo(12);
    assertThat(task.get("overlap").asInt()).isEqualTo(2);
    Path file = page.resolve("models").resolve(task.get("file").asText());
    assertThat(file).isNotEmptyFile();
    assertThat(page.resolve("models/x2.onnx")).doesNotExist();
  }

  @Test
  void takesATaskByAPartOfItsRange() throws IOException {
    Path page = folder.resolve("page");
    write(page, List.of(model.task("denoise30")));
    assertThat(page.resolve("models/denoise.onnx")).isNotEmptyFile();
  }

  @Test
  void keepsTheBrowserFromAskingOthers() throws IOException {
    Path page = folder.resolve("page");
    write(page, TASKS);
    assertThat(page.resolve("index.html"))
        .content()
        .containsSubsequence("<head>", "Content-Security-Policy", "default-src 'none'", "<link");
  }

  @Test
  void replacesAPageButNothingElse() throws IOException {
    Path page = folder.resolve("page");
    write(page, TASKS);
    write(page, TASKS);
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("mine.txt"), "mine");
    assertThatThrownBy(() -> write(other, TASKS)).isInstanceOf(FileAlreadyExistsException.class);
    try (Stream<Path> files = Files.list(other)) {
      assertThat(files).containsExactly(other.resolve("mine.txt"));
    }
  }

  /** A process that is killed leaves what it has written, and the files it is at. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anInterruptedPageIsWrittenAgain(boolean overAnother) throws IOException {
    Path page = folder.resolve("page");
    if (overAnother) {
      write(page, TASKS);
    }
    StaticPage writer = new StaticPage(model, Opset.V17, runtime);
    assertThatThrownBy(() -> writer.write(page, TASKS, StaticPageTest::stop))
        .hasMessage("interrupted");
    assertThat(page.resolve("index.html")).doesNotExist();
    Files.createDirectories(page.resolve("models"));
    for (String left : List.of("ort/.ort.wasm.min.mjs", "models/.x2.onnx", ".app.js")) {
      Files.writeString(page.resolve(left + "." + UUID.randomUUID() + ".part"), "half");
    }
    write(page, TASKS);
    Path whole = folder.resolve("whole");
    write(whole, TASKS);
    assertThat(names(page)).isEqualTo(names(whole)).contains("index.html");
  }

  private static Map<String, String> stop(Task task) {
    throw new IllegalStateException("interrupted");
  }

  private static List<String> names(Path page) throws IOException {
    try (Stream<Path> files = Files.walk(page)) {
      return files.map(file -> page.relativize(file).toString()).sorted().toList();
    }
  }

  @Test
  void saysWhatTheRuntimeLacks() throws IOException {
    Files.delete(runtime.resolve("dist/ort.wasm.min.mjs"));
    assertThatThrownBy(() -> new StaticPage(model, Opset.V17, runtime))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "expected the npm package onnxruntime-web in %s, found no dist/ort.wasm.min.mjs there",
            runtime);
  }

  private void write(Path page, List<Task> tasks) throws IOException {
    new StaticPage(model, Opset.V17, runtime).write(page, tasks, task -> Map.of());
  }
}
