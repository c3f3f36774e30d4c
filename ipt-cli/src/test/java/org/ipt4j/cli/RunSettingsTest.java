package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.ipt4j.cli.CommandRun.Outcome;
import org.ipt4j.core.Bits;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs from YAML files, their resuming, and fine-tuning. */
class RunSettingsTest {
  private static final Task X2 = new Task("x2", 2);
  private static final Task DENOISE = new Task("denoise30", 1);

  @TempDir private Path folder;

  @BeforeEach
  void writePhotos() throws IOException {
    for (int i = 0; i < 3; i++) {
      Image image = new DeadLeaves(1, 3, 40, 50).image(i);
      ImageFiles.write(image, folder.resolve("pairs/HR/" + i + ".png"));
      ImageFiles.write(
          Bicubic.shrink(image, 2).quantised(),
          folder.resolve("pairs/LR_bicubic/X2/" + i + ".png"));
    }
  }

  @Test
  void aYamlFileIsTheOptionsItHolds() throws IOException {
    Path yaml = folder.resolve("run.yaml");
    Files.writeString(
        yaml,
        """
        config: nano
        tasks: [x2, "denoise:sigma=10..20"]
        task-batch: ["denoise:sigma=10..20=3"]
        task-weight: [x2=0.5]
        batch: 2
        steps: 9
        average: 0.9
        """);
    Outcome fromFile = pretrain("file", "--run", yaml.toString(), "--steps", "4");
    assertThat(fromFile.code()).as(fromFile.err()).isZero();
    Outcome fromOptions =
        pretrain(
            "options",
            "--config",
            "nano",
            "--tasks",
            "x2,denoise:sigma=10..20",
            "--task-batch",
            "denoise:sigma=10..20=3",
            "--task-weight",
            "x2=0.5",
            "--batch",
            "2",
            "--steps",
            "4",
            "--average",
            "0.9");
    assertThat(fromOptions.code()).as(fromOptions.err()).isZero();
    assertThat(folder.resolve("file/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("options/model.safetensors"));
    assertThat(folder.resolve("file/run.yaml"))
        .hasSameTextualContentAs(folder.resolve("options/run.yaml"));

    // the written file holds the whole run
    Outcome again = pretrain("again", "--run", folder.resolve("file/run.yaml").toString());
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(folder.resolve("again/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("file/model.safetensors"));
  }

  @Test
  void mapsAreListsOfNamesAndWhatTheyStandFor() throws IOException {
    Path yaml = folder.resolve("run.yaml");
    Files.writeString(
        yaml,
        """
        config: nano
        tasks:
          noise: denoise:sigma=10..20
          web: x2+jpeg:quality=40..95
          rain: derain:angle=0,density=1..2|derain
        task-batch: {noise: 3}
        task-weight: {web: 0.5, rain: 2}
        batch: 2
        steps: 4
        """);
    Outcome fromFile = pretrain("file", "--run", yaml.toString());
    assertThat(fromFile.code()).as(fromFile.err()).isZero();
    Outcome fromOptions =
        pretrain(
            "options",
            ("--config nano --tasks noise=denoise:sigma=10..20,web=x2+jpeg:quality=40..95,"
                    + "rain=derain:angle=0,density=1..2|derain"
                    + " --task-batch noise=3 --task-weight web=0.5,rain=2 --batch 2 --steps 4")
                .split(" "));
    assertThat(fromOptions.code()).as(fromOptions.err()).isZero();
    Path model = folder.resolve("file/model.safetensors");
    assertThat(model).hasSameBinaryContentAs(folder.resolve("options/model.safetensors"));
    assertThat(IptModel.load(model).tasks())
        .containsExactly(
            new Task("noise", 1, "denoise:sigma=10..20", ""),
            new Task("web", 2, "x2+jpeg:quality=40..95", ""),
            new Task("rain", 1, "derain:angle=0,density=1..2|derain", ""));

    Outcome again = pretrain("again", "--run", folder.resolve("file/run.yaml").toString());
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(folder.resolve("again/model.safetensors")).hasSameBinaryContentAs(model);
    assertThat(pretrain("file", "--resume", "--steps", "5").code()).isZero();
  }

  /** The run that is shipped, at the smallest size. */
  @Test
  void theShippedRunRuns() throws IOException {
    for (int i = 0; i < 16; i++) {
      Image image = new DeadLeaves(1, 16, 80, 100).image(i);
      ImageFiles.write(image, folder.resolve("photos/" + i + ".png"));
    }
    Outcome run =
        pretrain(
            "tiny",
            "--run",
            "../runs/tiny.yaml",
            "--images",
            folder.resolve("photos").toString(),
            "--config",
            "nano",
            "--batch",
            "2",
            "--warmup",
            "3",
            "--steps",
            "12");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err() + run.out()).doesNotContain("skipped");
    List<Task> tasks = IptModel.load(folder.resolve("tiny/model.safetensors")).tasks();
    assertThat(tasks)
        .extracting(Task::name)
        .containsExactly("x2", "x3", "x4", "denoise", "jpeg", "derain", "photo-x2", "photo-x4");
    assertThat(tasks.get(6).degradation()).isEqualTo("x2+denoise:sigma=0..8+jpeg:quality=40..95");
  }

  @Test
  void photographsAreUsedAtTheSizesAskedFor() {
    String images = folder.resolve("pairs/HR").toString(); // 40×50
    String[] options = {"--config", "nano", "--tasks", "x3", "--steps", "3", "--batch", "4"};
    Outcome run =
        pretrain("sizes", CommandRun.with(options, "--images", images, "--image-scales", "0.75"));
    assertThat(run.err())
        .contains("at 0.75: smaller than a patch, 30×38 (height×width) against 36×36");
    assertThat(pretrain("none", CommandRun.with(options, "--image-scales", "0.5")).err())
        .contains("--image-scales is of photographs, and there are no --images")
        .hasLineCount(1);
    assertThat(
            pretrain("none", CommandRun.with(options, "--images", images, "--image-scales", "2"))
                .err())
        .contains("--image-scales: expected numbers above 0 and at most 1, got [2.0]")
        .hasLineCount(1);
  }

  @Test
  void theShareOfDetailedPatchesIsChecked() {
    assertThat(pretrain("detail", "--config", "nano", "--steps", "3", "--detail", "75").err())
        .contains("the share of patches that are the more detailed of two is in 0..1, got 75.0")
        .hasLineCount(1);
  }

  @Test
  void everySettingReachesTheRun() throws IOException {
    Outcome run =
        pretrain(
            "all",
            ("--config nano --tasks x2,denoise30 --task-weight denoise30=3 --batch 4"
                    + " --task-batch x2=5 --steps 8 --schedule COSINE --warmup 3"
                    + " --learning-rate 0.001 --loss CHARBONNIER --clip 5 --accumulate 2"
                    + " --average 0.9 --weight-decay 0.1 --contrastive ADDED --decoder SELF"
                    + " --beta2 0.99 --final-rate 2e-4")
                .split(" "));
    assertThat(run.code()).as(run.err()).isZero();
    List<String[]> rows =
        Files.readAllLines(folder.resolve("all/metrics.csv")).stream()
            .skip(1)
            .map(line -> line.split(","))
            .toList();
    assertThat(rows).hasSize(8).allMatch(row -> row[2].equals("BOTH"));
    assertThat(rows).allMatch(row -> row[7].equals(row[1].equals("x2") ? "5" : "4"));
    assertThat(rows.stream().filter(row -> row[1].equals("denoise30")).count()).isGreaterThan(4);
    assertThat(rows.stream().limit(4).map(row -> Float.parseFloat(row[6])))
        .containsExactly(2.5e-4f, 5e-4f, 7.5e-4f, 1e-3f);
    // 4 of 5 steps down from 1e-3 to 2e-4
    assertThat(Double.parseDouble(rows.get(7)[6]))
        .isCloseTo(2e-4 + 8e-4 * (1 + Math.cos(0.8 * Math.PI)) / 2, within(1e-9));
    Path checkpoint = folder.resolve("all/checkpoints/latest.safetensors");
    try (TensorFile file = SafeTensors.open(checkpoint)) {
      assertThat(file.metadata().get("ipt4j.training.settings"))
          .contains("\"loss\":\"CHARBONNIER\"", "\"clipping\":\"5.0\"")
          .contains("\"accumulation\":\"2\"", "\"averaging\":\"0.9\"")
          .contains("\"weight decay\":\"0.1\"", "\"weight of denoise30\":\"3.0\"")
          .contains("\"updater beta2\":\"0.99\"");
    }
    assertThat(IptModel.load(checkpoint).config().decoderForm()).isEqualTo(DecoderForm.SELF);
  }

  @Test
  void aBadYamlFileIsOneLine() throws IOException {
    Path yaml = folder.resolve("bad.yaml");
    Files.writeString(yaml, "steps: 3\nlearning_rate: 1\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml: unknown key learning_rate; known are images,")
        .hasLineCount(1);
    Files.writeString(yaml, "- just\n- a list\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("expected keys and values, got [");
    Files.writeString(yaml, "steps: [1\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml, line 1: no YAML: ")
        .hasLineCount(1);
    Files.writeString(yaml, "steps: 3\nbatch: 4\nsteps: 30\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml, line 3: no YAML: the key steps is given twice")
        .hasLineCount(1);
    Files.writeString(yaml, "images: ''\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml: key images: expected a value, got an empty text")
        .hasLineCount(1);
    Files.writeString(yaml, "steps: 3\ntasks: [x2, '']\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml: key tasks: expected a value, got an empty text");
    Files.writeString(yaml, "images: &photos here\nvalidation: *photos\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml, line 2: no YAML: aliases are not read: photos")
        .hasLineCount(1);
    Files.writeString(yaml, "steps: 3\n---\nsteps: 4\n");
    assertThat(pretrain("bad", "--run", yaml.toString()).err())
        .contains("bad.yaml, line 3: no YAML: more follows the end")
        .hasLineCount(1);
    assertThat(pretrain("bad", "--validation", "x", "--validation-images", "0").err())
        .contains("--validation-images: expected 1 or more of --validation, got 0")
        .hasLineCount(1);
    assertThat(pretrain("bad", "--run", folder.toString()).err())
        .contains("expected a file, found a folder: " + folder)
        .hasLineCount(1);
    assertThat(folder.resolve("bad")).doesNotExist();
  }

  @Test
  void flatImagesAreLeftOutOfAValidation() throws IOException {
    float[] grey = new float[3 * 48 * 48];
    Arrays.fill(grey, 128);
    ImageFiles.write(new Image(48, 48, grey), folder.resolve("flat/a.png"));
    String few = "--config nano --tasks x2 --batch 2 --steps 2 --validation ";
    Outcome flat = pretrain("flat-run", (few + folder.resolve("flat")).split(" "));
    assertThat(flat.code()).as(flat.err()).isZero();
    assertThat(flat.out())
        .contains("step 2: x2 has no image with finite PSNRs, degraded and restored")
        .doesNotContain("best in validation");
    assertThat(folder.resolve("flat-run/checkpoints/best.safetensors")).doesNotExist();

    model();
    String[] tuning = {"--task", "x2", "--validation", folder.resolve("flat").toString()};
    tuning = CommandRun.with(tuning, "--images", folder.resolve("pairs/HR").toString());
    assertThat(finetune(2, "tuned", tuning).out())
        .contains("  x2         no image with finite PSNRs, degraded and restored");

    Files.copy(folder.resolve("pairs/HR/0.png"), folder.resolve("flat/b.png"));
    Outcome both = pretrain("both", (few + folder.resolve("flat")).split(" "));
    assertThat(both.code()).as(both.err()).isZero();
    assertThat(both.out())
        .contains(" dB (Y, mean of 1 image, without 1 whose PSNR is infinite)")
        .contains("best in validation: step 2");
    assertThat(folder.resolve("both/checkpoints/best.safetensors")).exists();
    assertThat(folder.resolve("both/validation.csv"))
        .content()
        .contains("2,x2,1,")
        .doesNotContain("Inf");
    assertThat(finetune(2, "second", tuning).out())
        .containsPattern(
            "  x2 +[0-9.]+ +[0-9.]+ +[+-][0-9.]+  \\(without 1 whose PSNR is infinite");
  }

  /** Not after some steps, in a run that no resuming gets further. */
  @Test
  void batchesThatCannotBePassedAreRefusedBeforeTheRunBegins() {
    String few = "--config nano --tasks x2,denoise30 --steps 8 --batch 4 ";
    refused(
        few + "--accumulate 3",
        "--contrastive OWN_BATCHES compares images: expected at least 2 in each of --accumulate 3"
            + " parts of a batch (--batch or --task-batch), got a batch of 4 for task x2");
    refused(
        few + "--contrastive ADDED --task-batch denoise30=1",
        "--contrastive ADDED",
        "got a batch of 1 for task denoise30");
    refused(
        few + "--contrastive NONE --accumulate 4 --task-batch denoise30=3",
        "--accumulate: expected 1 to 3, the --task-batch or --batch of task denoise30, got 4");
    Outcome none = pretrain("none", (few + "--accumulate 4 --contrastive NONE").split(" "));
    assertThat(none.code()).as(none.err()).isZero();
    Outcome rare = pretrain("rare", (few + "--accumulate 4 --contrastive-every 9").split(" "));
    assertThat(rare.code()).as("no batch is contrastive: " + rare.err()).isZero();
  }

  @Test
  void settingsThatWouldBeOfNoUseAreRefused() {
    String few = "--config nano --tasks x2,denoise30 --batch 4 --steps 3 ";
    refused(
        few + "--task-batch nosuch=3", "--task-batch: no task nosuch; trained are x2, denoise30");
    refused(few + "--task-batch x2=3,x2=4", "--task-batch: expected each task once, got x2 again");
    refused(
        few + "--task-batch x2=abc", "--task-batch x2: expected a whole number above 0, got abc");
    refused(few + "--task-batch x2=0", "--task-batch x2: expected a whole number above 0, got 0");
    refused("--config nano --batch 0", "--batch: expected a whole number above 0, got 0");
    refused(
        few + "--task-weight nosuch=3", "--task-weight: no task nosuch; trained are x2, denoise30");
    refused(
        few + "--task-weight x2=1 --task-weight x2=1", "--task-weight: expected each task once");
    refused(few + "--task-weight x2=abc", "--task-weight x2: expected a number above 0, got abc");
    refused(few + "--task-weight x2=-1", "--task-weight x2: expected a number above 0, got -1");
    refused(
        few + "--generated 20",
        "--generated is in addition to photographs, and there are no --images");
    refused(few + "--generated -1", "--generated: expected 0 or more, got -1");
    for (String rate : List.of("-0.01", "0", "NaN", "Infinity")) {
      refused(few + "--learning-rate " + rate, "--learning-rate: expected a number above 0, got ");
    }
    refused(few + "--validation-images -3", "--validation-images: expected 0 or more, got -3");
    assertThat(pretrain("no", (few + "--run new.yaml --resume").split(" ")).err())
        .contains("--resume goes on with the settings in RUN: expected no --run FILE, got new.yaml")
        .hasLineCount(1);
  }

  private void refused(String options, String... saying) {
    Outcome run = pretrain("no", options.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(saying).hasLineCount(1);
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void impossibleRatesAreRefused() {
    String[] few = {"--config", "nano", "--tasks", "x2", "--batch", "2", "--steps", "3"};
    assertThat(pretrain("no", CommandRun.with(few, "--final-rate", "0")).err())
        .contains("--final-rate is of --schedule COSINE, got PUBLISHED")
        .hasLineCount(1);
    for (String rate : List.of("0.1", "-1e-5", "NaN")) {
      assertThat(
              pretrain("no", CommandRun.with(few, "--schedule", "COSINE", "--final-rate", rate))
                  .err())
          .contains("--final-rate: expected 0 to --learning-rate 5.0E-4, got ")
          .hasLineCount(1);
    }
    for (String beta : List.of("0", "1", "-0.5", "NaN")) {
      assertThat(pretrain("no", CommandRun.with(few, "--beta2", beta)).err())
          .contains("--beta2: expected a number between 0 and 1, got ")
          .hasLineCount(1);
    }
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void aRunGoesOnWithItsOwnSettings() throws IOException {
    String[] options = {"--config", "nano", "--tasks", "x2", "--batch", "2", "--steps", "3"};
    assertThat(pretrain("run", options).code()).isZero();
    assertThat(pretrain("run", "--resume", "--batch", "4", "--seed", "2").err())
        .contains("batch was 2 and is 4; seed was 1 and is 2")
        .hasLineCount(1);
    assertThat(pretrain("run", "--resume", "--validation", "set", "--validation-images", "8").err())
        .as("by which the images are split")
        .contains("validation was not set and is set; validation-images was 4 and is 8")
        .hasLineCount(1);
    String[] moved = {"--config", "nano", "--tasks", "x2", "--batch", "2", "--steps", "2"};
    Path before = folder.resolve("pairs/HR");
    assertThat(pretrain("moved", CommandRun.with(moved, "--images", before + "")).code()).isZero();
    Path after = Files.move(before, folder.resolve("elsewhere"));
    assertThat(pretrain("moved", "--resume", "--steps", "3").err()).contains("no folder or file");
    assertThat(pretrain("moved", "--resume", "--steps", "3", "--images", after + "").code())
        .isZero();
    Path settings = folder.resolve("run/run.yaml"); // of a version that did not know all options
    Files.writeString(
        settings, Files.readString(settings).replaceAll("(clip|turned|warmup): .*\n", ""));
    assertThat(Files.readString(settings)).doesNotContain("turned");
    assertThat(pretrain("run", "--resume", "--warmup", "3").err())
        .contains("warmup was not set and is 3")
        .hasLineCount(1);
    assertThat(pretrain("run", "--resume", "--steps", "5", "--validate-every", "2").code())
        .isZero();
    assertThat(folder.resolve("run/checkpoints/step-000000005.safetensors")).exists();
    String kept = Files.readString(settings);
    assertThat(pretrain("run", "--resume", "--steps", "4").err())
        .contains("run is at step 5 already: expected --steps of at least that, got 4")
        .hasLineCount(1);
    assertThat(settings).hasContent(kept);
    assertThat(pretrain("none", "--resume").err()).contains("nothing to resume: there is no");
    assertThat(pretrain("other", "--task-batch", "x2", "--steps", "3").err())
        .contains("--task-batch: expected TASK=NUMBER, got x2");
  }

  @Test
  void aRunOfTheOtherCommandIsNamed() throws IOException {
    Path yaml = folder.resolve("run.yaml");
    Files.writeString(yaml, "image-scales: [1, 0.5]\n");
    String[] finetune = {"finetune", "--run", yaml.toString(), "--out", folder.resolve("no") + ""};
    assertThat(CommandRun.run(Ipt.class, finetune).err())
        .contains("run.yaml: unknown key image-scales, which is one of pretrain; known are model,")
        .hasLineCount(1);
    Files.writeString(yaml, "model: tiny\n");
    String[] pretrain = {"pretrain", "--run", yaml.toString(), "--out", folder.resolve("no") + ""};
    assertThat(CommandRun.run(Ipt.class, pretrain).err())
        .contains("run.yaml: unknown key model, which is one of finetune; known are images,")
        .hasLineCount(1);
  }

  @Test
  void aRunWithoutCheckpointsIsNotOverwritten() throws IOException {
    String[] options = {"--config", "nano", "--tasks", "x2", "--batch", "2", "--steps", "2"};
    assertThat(pretrain("run", options).code()).isZero();
    Path run = folder.resolve("run");
    Files.move(run.resolve("checkpoints"), folder.resolve("elsewhere"));
    byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
    String table = Files.readString(run.resolve("metrics.csv"));
    for (int left = 0; left < 2; left++) { // the second time without its model
      for (String[] call : List.of(options, new String[] {"--resume"})) {
        Outcome again = pretrain("run", call);
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err())
            .contains("run holds a run already, without a checkpoint to go on from: give another")
            .hasLineCount(1);
      }
      assertThat(run.resolve("metrics.csv")).hasContent(table);
      assertThat(run.resolve("checkpoints")).doesNotExist();
      if (left == 0) {
        assertThat(run.resolve("model.safetensors")).hasBinaryContent(model);
        Files.delete(run.resolve("model.safetensors"));
      }
    }

    // as if it had been killed ahead of its first checkpoint, while it wrote
    Files.createDirectories(run.resolve("checkpoints"));
    for (String written : List.of("run.yaml", "model.safetensors")) {
      Files.writeString(run.resolve("." + written + "." + UUID.randomUUID() + ".part"), "?");
    }
    assertThat(pretrain("run", options).err())
        .contains(
            "run holds a run already, without a checkpoint yet: give --resume to begin it anew")
        .hasLineCount(1);
    assertThat(pretrain("run", "--resume").code()).isZero();
    assertThat(run.resolve("model.safetensors")).hasBinaryContent(model);
    assertThat(run).isDirectoryNotContaining("glob:**.part");
  }

  /** The images are not looked at. */
  @ParameterizedTest
  @CsvSource({
    "--steps, 0, is positive",
    "--keep, 0, is positive",
    "--checkpoint-every, 0, is positive",
    "--validate-every, -1, is positive",
    "--loader-threads, 0, is positive",
    "--warmup, 9999, is less than",
    "--learning-rate, 0, expected a number above 0"
  })
  void settingsThatCannotBeAreRefusedBeforeImagesAreRead(String option, String value, String said)
      throws IOException {
    Outcome pretrain = pretrain("run", option, value, "--images", folder.resolve("none") + "");
    assertThat(pretrain.err()).contains(option, said).hasLineCount(1);
    Outcome finetune =
        CommandRun.run(
            Finetune.class,
            "--task",
            "x2",
            "--images",
            folder.resolve("none").toString(),
            "--out",
            folder.resolve("run").toString(),
            option,
            value);
    assertThat(finetune.err()).contains(option, said).hasLineCount(1);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aModelThatIsThereIsNotTunedOver() throws IOException {
    model();
    Path file = folder.resolve("model.safetensors");
    byte[] before = Files.readAllBytes(file);
    Outcome run =
        finetune(3, "", "--task", "x2", "--images", folder.resolve("pairs/HR").toString());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("holds a run already");
    assertThat(file).hasBinaryContent(before);
  }

  @Test
  void aRunGoesOnOnAnotherDeviceButWithItsArithmetic() throws IOException {
    String[] options = {"--config", "nano", "--tasks", "x2", "--batch", "2", "--steps", "2"};
    String[] begun = CommandRun.with(options, "--device", "cpu", "--cuda-libraries", "a,b/c");
    assertThat(pretrain("run", begun).code()).isZero();
    Path settings = folder.resolve("run/run.yaml");
    String text = Files.readString(settings);
    assertThat(text)
        .contains("device: \"CPU\"\n", "card: 0\n", "arithmetic: \"TF32\"\n")
        .containsPattern("cuda-libraries:\n *- \"a\"\n *- \"b.+c\"\n");
    assertThat(pretrain("run", "--resume", "--arithmetic", "bf16").err())
        .contains("arithmetic was TF32 and is BF16")
        .hasLineCount(1);

    Files.writeString(settings, text.replace("device: \"CPU\"", "device: CUDA"));
    Outcome resumed =
        pretrain("run", ("--resume --steps 3 --device cpu --card 1 --cuda-libraries d").split(" "));

    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(Files.readString(settings)).contains("device: \"CPU\"\n", "card: 1\n", "- \"d\"\n");
    Outcome same = pretrain("run", "--resume", "--steps", "4");
    assertThat(same.code()).as("on the device it was last on: " + same.err()).isZero();
  }

  @Test
  void aNewTaskIsLearnedFromPairsWhileTheOthersRest() throws IOException {
    IptModel model = model();
    Outcome run =
        finetune(
            "--task",
            "mine",
            "--scale",
            "2",
            "--pairs",
            folder.resolve("pairs").toString(),
            "--like",
            "x2",
            "--freeze-body");
    assertThat(run.code()).as(run.err()).isZero();
    IptModel tuned = IptModel.load(folder.resolve("tuned/model.safetensors"));
    assertThat(tuned.tasks()).containsExactly(X2, DENOISE, new Task("mine", 2));
    for (Task old : List.of(X2, DENOISE)) {
      for (ParameterLayout.Range range : model.trunk(old)) {
        Bits.assertSame(
            tuned.values().range(tuned.values().layout().range(range.name())),
            model.values().range(range));
      }
      Bits.assertSame(tuned.values().range(tuned.tail(old)), model.values().range(model.tail(old)));
    }
    assertThat(
            Bits.areSame(
                tuned.values().range(tuned.tail(new Task("mine", 2))),
                model.values().range(model.tail(X2))))
        .as("the new tail has learned")
        .isFalse();
  }

  @Test
  void pairsMayLieInFoldersOfAnyName() throws IOException {
    model();
    Files.move(folder.resolve("pairs/HR"), folder.resolve("pairs/clean"));
    Files.move(folder.resolve("pairs/LR_bicubic/X2"), folder.resolve("pairs/degraded"));
    Files.delete(folder.resolve("pairs/LR_bicubic"));
    String[] x2 = {"--task", "x2", "--pairs", folder.resolve("pairs").toString()};
    assertThat(finetune(x2).err()).contains("look like", "--degraded DIR").hasLineCount(1);
    x2[3] = folder.resolve("pairs/clean").toString();
    String degraded = folder.resolve("pairs/degraded").toString();
    Outcome run = finetune(CommandRun.with(x2, "--degraded", degraded));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(finetune("--task", "x2", "--images", x2[3], "--degraded", degraded).err())
        .contains("--degraded goes with --pairs");
  }

  @Test
  void oneTaskIsTunedAndKeptAlone() throws IOException {
    IptModel model = model();
    Outcome run =
        finetune(
            "--task",
            "denoise30",
            "--images",
            folder.resolve("pairs/HR").toString(),
            "--only-task");
    assertThat(run.code()).as(run.err()).isZero();
    IptModel tuned = IptModel.load(folder.resolve("tuned/model.safetensors"));
    assertThat(tuned.tasks()).containsExactly(DENOISE);
    assertThat(Bits.areSame(tuned.values().range(tuned.body()), model.values().range(model.body())))
        .isFalse();
  }

  @Test
  void whatCannotBeTunedIsSaid() throws IOException {
    model();
    assertThat(finetune("--task", "x2").err())
        .contains("expected --task TASK and either --images DIR or --pairs DIR");
    String images = folder.resolve("pairs/HR").toString();
    String pairs = folder.resolve("pairs").toString();
    assertThat(finetune("--task", "x2", "--scale", "3", "--images", images).err())
        .contains("--scale: the model's task x2 is of scale 2, got 3")
        .hasLineCount(1);
    assertThat(finetune("--task", "x4", "--scale", "1", "--pairs", pairs).err())
        .contains("--scale: task x4 is of scale 4 by its name, got 1")
        .hasLineCount(1);
    assertThat(finetune("--task", "body", "--scale", "2", "--pairs", pairs).err())
        .contains("task body would both have weights named body")
        .hasLineCount(1);
    assertThat(finetune("--task", "mine", "--images", images).err()).contains("x2, x3, x4");
    assertThat(finetune("--task", "x2=denoise30", "--images", images).err())
        .contains("x2")
        .hasLineCount(1);
    assertThat(finetune("--task", "derain", "--like", "x3", "--images", images).err())
        .contains("the model has no task x3; it has:");
  }

  @Test
  void aDegradationWithinATasksRangeIsThatTask() throws IOException {
    Task noise = new Task("noise", 1, "denoise:sigma=0..55", "");
    IptModel.create(IptConfig.preset("nano"), List.of(X2, noise), 1)
        .save(folder.resolve("model.safetensors"), Map.of());
    String images = folder.resolve("pairs/HR").toString();

    Outcome run = finetune("--task", "denoise30", "--images", images);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("denoise30 is the model's task noise, which is trained further");
    assertThat(IptModel.load(folder.resolve("tuned/model.safetensors")).tasks())
        .containsExactly(X2, noise);
    String[] like = {"--task", "denoise30", "--like", "x2", "--images", images};
    assertThat(finetune(3, "other", like).err())
        .contains("--like is for a new task, but the model has noise already");
  }

  @Test
  void aNewTaskMayHaveANameOfItsOwn() throws IOException {
    model();
    String images = folder.resolve("pairs/HR").toString();
    String[] call = {"--task", "grain=denoise:sigma=5..20", "--images", images};

    Outcome run = finetune(2, "tuned", call);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("grain is a new task, which starts as denoise30")
        .doesNotContain("going on");
    assertThat(IptModel.load(folder.resolve("tuned/model.safetensors")).tasks())
        .containsExactly(X2, DENOISE, new Task("grain", 1, "denoise:sigma=5..20", ""));
    Outcome again = finetune(3, "tuned", CommandRun.with(call, "--resume"));
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.out()).contains("going on at step 2 of 3");
  }

  @Test
  void aTaskOfPairsIsNotTunedOnCleanImages() throws IOException {
    IptModel.create(IptConfig.preset("nano"), List.of(X2, new Task("mine", 1)), 1)
        .save(folder.resolve("model.safetensors"), Map.of());
    String images = folder.resolve("pairs/HR").toString();
    assertThat(finetune("--task", "mine", "--images", images).err())
        .contains("task mine learned from pairs", "expected --pairs DIR")
        .hasLineCount(1);
  }

  @Test
  void otherTasksAreRehearsedAndWhatBecameOfThemIsSaid() throws IOException {
    IptModel model = model();
    String images = folder.resolve("pairs/HR").toString();

    Outcome run =
        finetune(
            30,
            "tuned",
            "--task",
            "derain",
            "--images",
            images,
            "--rehearsal",
            "0.5",
            "--validation",
            images);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("derain is a new task, which starts as denoise30")
        .containsPattern("step 30: derain degraded [0-9.]+ dB, restored [0-9.]+ dB")
        .containsPattern("best in validation: step 30")
        .contains("report: ")
        .containsPattern("derain +[0-9.]+ +[0-9.]+ +[+-][0-9.]+")
        .containsPattern("x2 +[0-9.]+ +[0-9.]+ +[+-][0-9.]+")
        .containsPattern("denoise30 +[0-9.]+ +[0-9.]+ +[+-][0-9.]+");
    IptModel tuned = IptModel.load(folder.resolve("tuned/model.safetensors"));
    for (Task rehearsed : List.of(X2, DENOISE)) {
      assertThat(
              Bits.areSame(
                  tuned.values().range(tuned.tail(rehearsed)),
                  model.values().range(model.tail(rehearsed))))
          .as("the tail of %s was trained, too", rehearsed.name())
          .isFalse();
    }
  }

  /** Measuring before and after training included. */
  @Test
  void oneThreadIsOneThreadThroughoutAndAllIsProfiled() throws IOException {
    model();
    String images = folder.resolve("pairs/HR").toString();
    String[] call = {"--task", "x2", "--images", images, "--validation", images};
    assertThat(finetune(3, "tuned", call).code()).isZero();
    long before = CommandRun.timeOfWorkers();
    try {
      Outcome run = finetune(3, "again", CommandRun.with(call, "--threads", "1", "--profile"));
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(CommandRun.timeOfWorkers()).isLessThan(before + CommandRun.FALLING_ASLEEP);
      assertThat(run.out()).containsSubsequence("restored before and after training", "GFLOP/s");
    } finally {
      Workers.limit(Runtime.getRuntime().availableProcessors());
    }
  }

  @Test
  void withoutRehearsalOtherTasksHeadsRest() throws IOException {
    IptModel model = model();
    String images = folder.resolve("pairs/HR").toString();

    Outcome run = finetune("--task", "derain", "--images", images, "--rehearsal", "0");

    assertThat(run.code()).as(run.err()).isZero();
    IptModel tuned = IptModel.load(folder.resolve("tuned/model.safetensors"));
    Bits.assertSame(tuned.values().range(tuned.tail(X2)), model.values().range(model.tail(X2)));
    assertThat(finetune("--task", "derain", "--images", images, "--rehearsal", "1").err())
        .contains("--rehearsal is a share from 0 up to, not including, 1, got 1.0");
  }

  @Test
  void aTunedModelSaysWhereItComesFrom() throws IOException {
    IptModel.create(IptConfig.preset("nano"), List.of(X2), 1)
        .save(
            folder.resolve("model.safetensors"), Map.of("trained", "long ago", "measured.x2", "1"));
    String images = folder.resolve("pairs/HR").toString();

    assertThat(finetune("--task", "x2", "--images", images).code()).isZero();

    try (TensorFile tuned = SafeTensors.open(folder.resolve("tuned/model.safetensors"))) {
      assertThat(tuned.metadata())
          .containsEntry("parent.trained", "long ago")
          .doesNotContainKeys("parent.measured.x2", "measured.x2");
      assertThat(tuned.metadata().get("parent")).matches(".+, SHA-256 [0-9a-f]{64}");
    }
  }

  @Test
  void theValidationOfAllSeedsIsTheSame() throws IOException {
    model();
    String images = folder.resolve("pairs/HR").toString();
    String[] call = {"--task", "denoise30", "--images", images, "--validation", images};

    finetune(3, "tuned", CommandRun.with(call, "--seed", "1"));
    String first = Files.readString(folder.resolve("tuned/validation.csv"));
    finetune(3, "second", CommandRun.with(call, "--seed", "2"));
    String second = Files.readString(folder.resolve("second/validation.csv"));

    assertThat(before(second)).isEqualTo(before(first)).isNotEmpty();
    assertThat(second).isNotEqualTo(first);
  }

  /** The column of the input's PSNR. */
  private static List<String> before(String validation) {
    return validation.lines().map(line -> line.split(",")[3]).toList();
  }

  private IptModel model() throws IOException {
    IptModel model = IptModel.create(IptConfig.preset("nano"), List.of(X2, DENOISE), 1);
    model.save(folder.resolve("model.safetensors"), Map.of());
    return model;
  }

  private Outcome finetune(String... options) {
    return finetune(3, "tuned", options);
  }

  private Outcome finetune(int steps, String out, String... options) {
    return CommandRun.run(
        Finetune.class,
        CommandRun.with(
            options,
            "--model",
            folder.resolve("model.safetensors").toString(),
            "--steps",
            Integer.toString(steps),
            "--batch",
            "2",
            "--out",
            folder.resolve(out).toString()));
  }

  private Outcome pretrain(String out, String... options) {
    return CommandRun.run(
        Pretrain.class, CommandRun.with(options, "--out", folder.resolve(out).toString()));
  }
}
