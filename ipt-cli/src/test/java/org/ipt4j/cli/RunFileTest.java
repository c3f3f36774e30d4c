package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What is written of a run's settings, and read again. */
class RunFileTest {
  @TempDir private Path folder;

  private static CommandLine parsed(Object command, String... arguments) {
    CommandLine line = Commands.commandLine(command);
    line.parseArgs(arguments);
    return line;
  }

  private Map<String, String> read(Object command, Path file) throws IOException {
    CommandLine line = parsed(command, "--resume", "--out", "run");
    RunFile read = RunFile.of(file);
    read.apply(line.getCommandSpec());
    read.compare(line.getCommandSpec(), Set.of());
    return RunFile.texts(line.getCommandSpec());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2024.10",
        "1e3",
        "1_000",
        "0x10",
        "0o17",
        "010",
        "+5",
        ".5",
        "5.",
        "1:30",
        "2024-10-01",
        ".inf",
        ".nan",
        "null",
        "~",
        "true",
        "Yes",
        "NO",
        "#a",
        "a #b",
        "- a",
        "a: b",
        "'a'",
        "{a}",
        " a ",
        "\"",
        "C:\\photos",
        "ä\u2028b"
      })
  void namesStayAsTheyAre(String name) throws IOException {
    Path file = folder.resolve("run.yaml");
    CommandLine pretrain =
        parsed(new Pretrain(), "--images", name, "--validation", name, "--image-scales", "1,0.6");
    RunFile.write(file, pretrain.getCommandSpec());
    assertThat(read(new Pretrain(), file))
        .isEqualTo(RunFile.texts(pretrain.getCommandSpec()))
        .containsEntry("images", name)
        .containsEntry("validation", name)
        .containsEntry("image-scales", "1.0,0.6");

    CommandLine finetune =
        parsed(new Finetune(), "--model", name, "--task", name, "--pairs", "pairs");
    RunFile.write(file, finetune.getCommandSpec());
    assertThat(read(new Finetune(), file))
        .isEqualTo(RunFile.texts(finetune.getCommandSpec()))
        .containsEntry("model", name)
        .containsEntry("task", name);
  }

  /** As they were written without quotes. */
  @ParameterizedTest
  @ValueSource(strings = {"2024.10", "1e3", "1_000", "0x10", "010", "True"})
  void namesWithoutQuotesAreReadAsTheyAreWritten(String name) throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(
        file, "images: " + name + "\ntasks: [" + name + ", x2]\ntask-weight: {" + name + ": 2}\n");
    assertThat(read(new Pretrain(), file))
        .containsEntry("images", name)
        .containsEntry("tasks", name + ",x2")
        .containsEntry("task-weight", name + "=2");
  }

  @Test
  void whatIsEmptyIsNotSet() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "images: []\nvalidation: {}\ntask-batch: []\ntask-weight:\n");
    assertThat(read(new Pretrain(), file))
        .doesNotContainKeys("images", "validation", "task-batch", "task-weight");
  }

  @Test
  void aValueOfAnotherKindIsSaidOfTheFile() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "steps: many\n");
    assertThatThrownBy(() -> read(new Pretrain(), file))
        .hasMessage(file + ": Invalid value for option '--steps': 'many' is not an int");
  }

  @Test
  void aNumberIsTheSameHoweverItIsWritten() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "learning-rate: 5e-4\nimage-scales: [1, 0.60]\nturned: FALSE\n");
    CommandLine line =
        parsed(
            new Pretrain(),
            "--resume",
            "--out=run",
            "--learning-rate=0.0005",
            "--image-scales=1.0,.6",
            "--turned=false");
    RunFile read = RunFile.of(file);
    read.apply(line.getCommandSpec());
    read.compare(line.getCommandSpec(), Set.of());
    assertThat(RunFile.texts(line.getCommandSpec())).containsEntry("learning-rate", "5.0E-4");
  }
}
