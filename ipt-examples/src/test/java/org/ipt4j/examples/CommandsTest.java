package org.ipt4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.ipt4j.examples.CommandRun.run;
import static org.ipt4j.examples.CommandRun.with;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.ipt4j.data.DeadLeaves;
import org.ipt4j.data.ImageFiles;
import org.ipt4j.examples.CommandRun.Outcome;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    assertThat(first.out()).contains("1 images were skipped");
    assertThat(run(Pretrain.class, with(run, "--steps", "3")))
        .satisfies(again -> assertThat(again.code()).isEqualTo(2))
        .satisfies(again -> assertThat(again.err()).contains("holds a run already"));
    assertThat(run(Pretrain.class, with(run, "--steps", "5", "--resume")).code()).isZero();

    String model = folder.resolve("run/model.safetensors").toString();
    assertThat(run(Info.class, model).out()).contains("task            x2 (scale 2)");
    String out = folder.resolve("restored").toString();
    String photo = folder.resolve("photos/a.png").toString();
    Outcome restored =
        run(Restore.class, "--model", model, "--task", "x2", photo, photo + "x", "-o", out);
    assertThat(restored.code()).as("one of two inputs is missing").isEqualTo(2);
    assertThat(restored.out()).contains("1 of 2 restored");
    assertThat(ImageFiles.read(folder.resolve("restored/a.png")).width()).isEqualTo(100);
    assertThat(run(Restore.class, "--model", model, "--task", "x2", photo, "-o", out).err())
        .contains("exists already");
  }

  @Test
  void badInputIsOneLineAndCode2(@TempDir Path folder) throws IOException {
    Path model = folder.resolve("m.safetensors");
    IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1).save(model, Map.of());
    String out = folder.resolve("out").toString();
    Files.createDirectories(folder.resolve("empty"));
    expect(
        "the model has no task derain; it has x2",
        Restore.class,
        "--model",
        model.toString(),
        "--task",
        "derain",
        "a.png",
        "-o",
        out);
    expect(
        "no image", Pretrain.class, "--images", folder.resolve("empty").toString(), "--out", out);
    expect("x2, x3, x4", Pretrain.class, "--tasks", "sharpen", "--out", out);
    expect("known are base, small", Pretrain.class, "--config", "huge", "--out", out);
    expect("no such file", Info.class, folder.resolve("none").toString());
    expect("positive, got 0", Demo.class, "--minutes", "0", "--out", out);
    expect("unknown --frobnicate", Info.class, "--frobnicate", model.toString());
  }

  private static void expect(String message, Class<?> command, String... arguments) {
    Outcome outcome = run(command, arguments);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(message).hasLineCount(1);
  }
}
