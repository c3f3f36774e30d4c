package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ipt4j.cli.Commands;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands, as spark-submit runs them: Spark's settings are system properties. */
class CommandsTest {
  private static final List<String> SETTINGS =
      List.of(
          "spark.master=local[1]",
          "spark.ui.enabled=false",
          "spark.driver.host=127.0.0.1",
          "spark.driver.bindAddress=127.0.0.1");

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void set() {
    SETTINGS.forEach(each -> System.setProperty(each.split("=")[0], each.split("=")[1]));
  }

  @AfterEach
  void clear() {
    SETTINGS.forEach(each -> System.clearProperty(each.split("=")[0]));
  }

  private int run(Object command, String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Commands.commandLine(command)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void restoringSaysWhatBecameOfTheImages() throws IOException {
    Path in = folder.resolve("in");
    TestFiles.images(in, 3);
    String model = TestFiles.model(folder.resolve("m.safetensors"));
    String results = folder.resolve("out").toString();
    String[] call = {"--model", model, "--task", "x2", "-o", results, in.toString()};
    assertThat(run(new Restore(), call)).isZero();
    assertThat(out.toString())
        .isEqualTo(
            String.format(
                "3 restored to %s, 0 there already, 0 unreadable, 0 crashed; outcomes:"
                    + " %s/_outcomes%n",
                results, results));
    assertThat(err.toString().strip()).isEqualTo("3/3 images");
    Files.writeString(in.resolve("bad.png"), "no image");
    assertThat(run(new Restore(), call)).isEqualTo(2);
    assertThat(out.toString()).startsWith("0 restored").contains("3 there already, 1 unreadable");
    assertThat(err.toString())
        .contains("UNREADABLE file:" + in + "/bad.png: not an image of a known format");
    assertThat(run(new Restore(), "--model", model, "-o", results, in.toString())).isEqualTo(2);
    assertThat(err.toString()).startsWith("expected --task, one of the model's:\n  x2");
    System.setProperty("spark.master", "local[*]");
    assertThat(run(new Restore(), call)).isEqualTo(2);
    assertThat(err.toString()).endsWith(String.format("--master local[1], got local[*]%n"));
    System.clearProperty("spark.master");
    assertThat(run(new Restore(), call)).isEqualTo(2);
    assertThat(err.toString()).startsWith("expected a cluster: --master");
  }

  @Test
  void theTableIsThatOfIptEvaluate() throws Exception {
    Path set = folder.resolve("set");
    TestFiles.images(set, 4);
    String model = TestFiles.model(folder.resolve("m.safetensors"));
    String[] call = {"--model", model, "--task", "x2", "--data", set.toString(), "-o", ""};
    call[7] = folder.resolve("cluster.csv").toString();
    assertThat(run(new Evaluate(), call)).isZero();
    String table = out.toString().replace("cluster.csv", "");
    call[7] = folder.resolve("here.csv").toString();
    Class<?> evaluate = Class.forName("org.ipt4j.cli.Evaluate");
    var constructor = evaluate.getDeclaredConstructor();
    constructor.setAccessible(true);
    assertThat(run(constructor.newInstance(), call)).isZero();
    assertThat(table).isEqualTo(out.toString().replace("here.csv", ""));
    assertThat(folder.resolve("cluster.csv"))
        .hasSameTextualContentAs(folder.resolve("here.csv"))
        .content()
        .contains("mean");
    assertThat(run(new Evaluate(), "--task", "x2", "--data", set.toString(), "-o", "a.txt"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("results are written as .csv, .json or .md, got a.txt");
  }

  @Test
  void aRunIsPretrainedAndResumed() throws IOException {
    Path images = folder.resolve("images");
    TestFiles.images(images, 9);
    String[] more = {"--task-batch", "x2=2", "--steps", "4", "--validate-every", "2"};
    String[] run = pretrain("run", images, more);
    String[] uneven = pretrain("run", images, "--steps", "5");
    assertThat(run(new Pretrain(), uneven)).isEqualTo(2);
    assertThat(err.toString()).contains("expected a multiple of 2 steps, got 5");
    String[] unknown = pretrain("run", images, "--task-batch", "x3=2");
    assertThat(run(new Pretrain(), unknown)).isEqualTo(2);
    assertThat(err.toString()).contains("--task-batch: no task x3; trained are x2, denoise30");
    assertThat(run(new Pretrain(), run)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("training on 8 images, validating on 1 other")
        .contains("step 2: losses {")
        .contains("step 4: denoise30 degraded ")
        .endsWith(String.format("model: %s/model.safetensors%n", folder.resolve("run")));
    assertThat(run(new Pretrain(), run)).isEqualTo(2);
    assertThat(err.toString()).contains("holds a run already: give --resume to go on");
    String out = folder.resolve("run").toString();
    assertThat(run(new Pretrain(), "--resume", "--out", out, "--steps", "6"))
        .as(err.toString())
        .isZero();
    String last = "states/step-000000006.safetensors";
    assertThat(folder.resolve("run").resolve(last)).exists();
    assertThat(run(new Pretrain(), "--resume", "--out", out, "--round", "1")).isEqualTo(2);
    assertThat(err.toString())
        .contains("a run goes on with its own settings (" + out + "/run.yaml)")
        .contains("round was 2 and is 1");
    assertThat(run(new Pretrain(), "--resume", "--out", out, "--shards", "3")).isEqualTo(2);
    assertThat(err.toString()).contains("shards was 2 and is 3");
    String[] kept = {"--resume", "--shards", "2", "--out", out, "--validation-images", "0"};
    assertThat(run(new Pretrain(), kept)).isEqualTo(2);
    assertThat(err.toString()).contains("validation-images was 4 and is 0");
    assertThat(run(new Pretrain(), "--resume", "--shards", "2", "--out", out + "x")).isEqualTo(2);
    assertThat(err.toString()).startsWith("nothing to resume");
    try (TensorFile model = SafeTensors.open(folder.resolve("run/model.safetensors"))) {
      assertThat(model.metadata().get("trained"))
          .startsWith("ipt-cluster pretrain\n")
          .contains("shards: 2");
    }
  }

  @Test
  void optionsOfSparkStandBeforeTheCommand() {
    assertThat(run(new Restore(), "--master", "local[1]", "-o", "out", "in")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("unknown --master")
        .contains("ipt-cluster restore --help");
    assertThat(run(new Evaluate(), "--data", "in", "--taks", "x2")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("--data: expected a value, got the unknown option --taks");
    assertThat(run(new Pretrain(), "--help")).isZero();
    assertThat(out.toString()).contains("Options of spark-submit stand before the command");
  }

  @Test
  void aRunSaysHowManyShareIt() {
    assertThat(run(new Pretrain(), "--out", folder.resolve("run").toString())).isEqualTo(2);
    assertThat(err.toString()).startsWith("expected --shards, how many share the run; got none");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private String[] pretrain(String run, Path images, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of("--images", images.toString(), "--config", "nano", "--tasks", "x2,denoise30"));
    all.addAll(List.of("--batch", "4", "--shards", "2", "--round", "2", "--schedule", "constant"));
    all.addAll(List.of("--out", folder.resolve(run).toString()));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
