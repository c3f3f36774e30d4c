package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.ipt4j.cli.CommandRun.Outcome;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ipt degrade} takes, writes, refuses and leaves. */
class DegradeTest {
  @TempDir Path folder;
  private Image image;

  @BeforeEach
  void prepare() throws IOException {
    image = new DeadLeaves(1, 1, 21, 30).image(0).quantised();
    ImageFiles.write(image, folder.resolve("in/a.png"));
    ImageFiles.write(image, folder.resolve("in/deep/b.bmp"));
  }

  private Outcome degrade(String... arguments) {
    String[] out = {"-o", folder.resolve("out") + ""};
    return CommandRun.run(Degrade.class, CommandRun.with(out, arguments));
  }

  private List<String> written() throws IOException {
    Path root = folder.resolve("out");
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }

  @Test
  void foldersAndPatternsAreTaken() throws IOException {
    Outcome outcome = degrade("--task", "x2", folder + "/in");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(written()).containsExactly("a-x2.png", "deep/b-x2.png");
    assertThat(outcome.out()).contains("2 of 2 degraded").contains("a-x2.png");
    assertThat(ImageFiles.read(folder.resolve("out/deep/b-x2.png")))
        .isEqualTo(Bicubic.shrink(image.crop(0, 0, 20, 30), 2));
    assertThat(degrade("--task", "denoise30", "--seed", "3", folder + "/in/**.bmp").code())
        .isZero();
    assertThat(written()).contains("deep/b-denoise30.png").hasSize(3);
    assertThat(ImageFiles.read(folder.resolve("out/deep/b-denoise30.png")))
        .isEqualTo(Degradation.parse("denoise30").apply(image, Randomness.at(3)).quantised());
  }

  @Test
  void oneLineForEachFailureWhileTheRestGoOn() throws IOException {
    Files.writeString(folder.resolve("in/a-broken.png"), "no image");
    ImageFiles.write(image.crop(0, 0, 1, 1), folder.resolve("in/a-dot.png"));
    Outcome outcome = degrade("--task", "x2", folder + "/none.png", folder + "/in");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).contains("2 of 5 degraded");
    assertThat(outcome.err())
        .contains("none.png: no such file", "a-broken.png: not an image of a known format")
        .contains(
            "a-dot.png: expected an image of at least 2×2 pixels, got 1×1 pixels (height×width)")
        .hasLineCount(3);
    assertThat(written()).containsExactly("a-x2.png", "deep/b-x2.png");
  }

  @Test
  void nothingIsReplacedUnlessForced() throws IOException {
    Path there = folder.resolve("out/a-x2.png");
    Files.createDirectories(there.getParent());
    Files.writeString(there, "mine");
    Outcome refused = degrade("--task", "x2", folder + "/in/a.png");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("in/a.png: ", "a-x2.png exists already", "--force");
    assertThat(there).hasContent("mine");
    assertThat(degrade("--task", "x2", "--force", folder + "/in/a.png").code()).isZero();
    assertThat(ImageFiles.read(there).height()).isEqualTo(10);
    Outcome again = degrade("--task", "x2", folder + "/in/a.png");
    assertThat(again.code()).isZero();
    assertThat(again.out()).contains("0 of 1 degraded", "1 there already (--force");
  }

  @Test
  void aContactSheetOfAllTasks() throws IOException {
    Outcome outcome = degrade(folder + "/in/a.png");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("row 1: clean, x2").contains("a-tasks.png");
    assertThat(written()).containsExactly("a-tasks.png");
    assertThat(degrade(folder + "/in/a.png").out()).contains("1 there already");
  }

  @Test
  void resultsAmongTheImagesAreNoImages() throws IOException {
    String[] call = {"-o", folder + "/in/out", "--task", "x2", folder + "/in"};
    assertThat(CommandRun.run(Degrade.class, call).code()).isZero();
    assertThat(CommandRun.run(Degrade.class, call).out()).contains("0 of 2", "2 there already");
    call[1] = folder + "/in";
    assertThat(CommandRun.run(Degrade.class, call).err()).contains("give another --out");
  }
}
