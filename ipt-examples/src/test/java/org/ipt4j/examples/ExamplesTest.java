package org.ipt4j.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.ipt4j.core.Parameter;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSize;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.data.measure.Metrics.Channels;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.pretrained.Pretrained;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples, run on small photographs for a few steps, and what comes of them. */
class ExamplesTest {
  private static final Path PHOTOGRAPHS =
      Path.of("../ipt-cli/src/main/resources/org/ipt4j/cli/photographs");

  @TempDir Path folder;
  private Path photos;
  private Image clean; // a.png there

  @BeforeEach
  void writeTwoPhotographs() throws IOException {
    photos = folder.resolve("photos");
    clean = ImageFiles.read(PHOTOGRAPHS.resolve("kitten.jpg")).middle(120);
    ImageFiles.write(clean, photos.resolve("a.png"));
    ImageFiles.write(
        ImageFiles.read(PHOTOGRAPHS.resolve("bakery.jpg")).middle(110), photos.resolve("b.png"));
  }

  /** A program that is started with arguments. */
  @FunctionalInterface
  private interface Program {
    void main(String... args) throws IOException;
  }

  /** What a program prints. */
  private static String printed(Program program, Object... args) throws IOException {
    PrintStream out = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      program.main(Stream.of(args).map(Object::toString).toArray(String[]::new));
    } finally {
      System.setOut(out);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static double psnr(Image image, Image other) {
    return Metrics.psnr(image, other, Channels.RGB, 0);
  }

  @Test
  void anImageIsEnlarged() throws IOException {
    Path large = folder.resolve("large.png");
    printed(RestoreImage::main, photos.resolve("a.png"), large);
    assertThat(ImageFiles.size(large)).isEqualTo(new ImageSize(240, 240));
    Image again = Bicubic.shrink(ImageFiles.read(large), 2);
    assertThat(psnr(again, clean)).isBetween(24.0, 60.0); // the same, but for what it cleaned
  }

  @Test
  void oneBrokenPhotographDoesNotEndAFolder() throws IOException {
    Files.writeString(photos.resolve("ab.png"), "no image");
    Path restored = folder.resolve("restored");
    String said = printed(RestoreFolder::main, photos, restored, "denoise");
    assertThat(said)
        .containsPattern("a\\.png: (\\d+) of \\1 tiles")
        .contains("passed over", "ab.png", "restored 2 of 3 photographs");
    assertThat(psnr(ImageFiles.read(restored.resolve("a.png.png")), clean)).isGreaterThan(24);
    assertThat(restored.resolve("b.png.png")).exists();
    assertThat(restored.resolve("ab.png.png")).doesNotExist();
  }

  @Test
  void aNewModelIsTrainedAndTheRunGoesOn() throws IOException {
    Path run = folder.resolve("run");
    printed(Pretrain::main, photos, run, 2);
    IptModel first = IptModel.load(run.resolve("model.safetensors"));
    assertThat(first.tasks()).containsExactly(Task.undoing("x2"), Task.undoing("denoise30"));
    printed(Pretrain::main, photos, run, 4);
    IptModel second = IptModel.load(run.resolve("model.safetensors"));
    assertThat(moved(first, second)).isPositive();
    Path atOnce = folder.resolve("at once");
    printed(Pretrain::main, photos, atOnce, 4);
    assertThat(moved(second, IptModel.load(atOnce.resolve("model.safetensors")))).isZero();
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> name.contains("step"))
          .hasSize(2);
    }
  }

  /** How far the bodies' weights lie apart. */
  private static double moved(IptModel from, IptModel to) {
    double moved = 0;
    for (Parameter parameter : from.values().layout().parameters()) {
      if (from.body().contains(parameter)) {
        float[] before = from.values().read(parameter);
        float[] after = to.values().read(same(to, parameter.name()));
        for (int i = 0; i < before.length; i++) {
          moved += Math.abs(after[i] - before[i]);
        }
      }
    }
    return moved;
  }

  private static Parameter same(IptModel model, String name) {
    return model.values().layout().parameters().stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void thePretrainedModelLearnsATaskAndKeepsItsOwn() throws IOException {
    Path file = folder.resolve("tuned.safetensors");
    printed(FineTune::main, photos, file, 3);
    IptModel tuned = IptModel.load(file);
    IptModel tiny = Pretrained.tiny();
    assertThat(tuned.tasks()).hasSize(tiny.tasks().size() + 1).containsAll(tiny.tasks());
    assertThat(tuned.task("deblur:motion").scale()).isEqualTo(1);
    assertThat(moved(tiny, tuned)).isPositive();
  }

  @Test
  void aHeadOfOnesOwnIsTrained() throws IOException {
    Path file = folder.resolve("own.safetensors");
    String said = printed(OwnHead::main, photos, file, 2);
    IptConfig config = IptConfig.preset("tiny");
    int features = config.features();
    long own = 5 * 5 * 3 * features + features + 9 * features * features + features;
    IptModel published = IptModel.create(config, List.of(Task.undoing("denoise30")), 1);
    long head =
        published.values().layout().parameters().stream()
            .filter(parameter -> parameter.name().startsWith("head."))
            .mapToLong(parameter -> parameter.length())
            .sum();
    assertThat(said)
        .isEqualToIgnoringNewLines(
            published.values().layout().length() - head + own + " parameters");
  }

  @Test
  void aDegradationOfOnesOwnIsUndone() throws IOException {
    Matcher said =
        Pattern.compile("PSNR (.*) dB, restored (.*) dB\\s*")
            .matcher(printed(OwnDegradation::main, photos, photos, 3));
    assertThat(said.matches()).isTrue();
    double before = Double.parseDouble(said.group(1));
    assertThat(before).isBetween(15.0, 40.0);
    assertThat(Double.parseDouble(said.group(2))).isBetween(before - 2, before + 5);
  }

  @Test
  void aMissingArgumentIsNamed() {
    assertThatThrownBy(() -> printed(FineTune::main, photos))
        .hasMessage("expected the arguments PHOTOGRAPHS MODEL STEPS, got 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "RestoreImage",
        "RestoreFolder",
        "Pretrain",
        "FineTune",
        "OwnHead",
        "OwnDegradation"
      })
  void anExampleIsLessThanAPage(String example) throws IOException {
    Path source = Path.of("src/main/java/org/ipt4j/examples", example + ".java");
    assertThat(Files.readAllLines(source)).hasSizeLessThanOrEqualTo(60);
    Matcher arguments =
        Pattern.compile("\\{@code\\s+" + example + "\\s+([^}]*)}")
            .matcher(Files.readString(source));
    assertThat(arguments.find()).isTrue();
    assertThat(Files.readString(Path.of("../docs/JAVA.md")))
        .contains("| `" + example + "` | `" + arguments.group(1) + "` |");
  }
}
