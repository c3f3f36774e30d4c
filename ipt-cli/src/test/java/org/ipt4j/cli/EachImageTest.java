package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.DoubleConsumer;
import org.ipt4j.cli.CommandRun.Outcome;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What all commands do that make a file of each image. */
class EachImageTest {
  @TempDir Path folder;

  /** Copies images, but for those whose names have an x: it has a fault. */
  @Command(name = "faulty")
  static final class Faulty implements Callable<Integer>, EachImage.Work {
    @Mixin private EachImage images;

    @Override
    public Integer call() throws IOException {
      return images.run("copied", this);
    }

    @Override
    public ImageFormat format(ImageFormat own) {
      return own;
    }

    @Override
    public ImageSize size(ImageSize of) {
      return of;
    }

    @Override
    public void make(Path image, Path target, ImageFormat as, DoubleConsumer done)
        throws IOException {
      if (image.getFileName().toString().contains("x")) {
        throw new IllegalStateException("a fault");
      }
      Files.createDirectories(target.getParent());
      Files.copy(image, target);
    }
  }

  @Test
  void aFaultAtOneImageDoesNotEndTheFolder() throws IOException {
    for (String name : new String[] {"a.png", "bx.png", "c.png", "dx.png", "e.png"}) {
      ImageFiles.write(new DeadLeaves(1, 1, 8, 9).image(0), folder.resolve("in").resolve(name));
    }
    Outcome outcome = CommandRun.run(Faulty.class, "-o", folder + "/out", folder + "/in");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.out()).startsWith("3 of 5 copied");
    assertThat(outcome.err())
        .contains("bx.png: failed unexpectedly: java.lang.IllegalStateException: a fault")
        .contains("dx.png: failed unexpectedly: java.lang.IllegalStateException: a fault")
        .containsOnlyOnce("at org.ipt4j.cli.EachImageTest$Faulty.make(");
    assertThat(folder.resolve("out/e.png")).exists();
  }

  @Test
  void anImagesNameIsNoFolderForResults() {
    assertThat(CommandRun.run(Faulty.class, "-o", folder + "/a.png", folder + "").err())
        .startsWith("--out is a folder for the results, which are named after the images; got ")
        .hasLineCount(1);
    assertThat(folder.resolve("a.png")).doesNotExist();
  }

  @Test
  void anEmptyTextIsNoPath() {
    assertThat(CommandRun.run(Faulty.class, "-o", folder + "/out", "").err())
        .isEqualToIgnoringNewLines("INPUT: expected a value, got an empty text");
    assertThat(CommandRun.run(Faulty.class, "-o", "", folder + "").err())
        .isEqualToIgnoringNewLines("--out: expected a value, got an empty text");
    assertThat(CommandRun.run(Ipt.class, "degrade", "-o", "", folder + "").err())
        .isEqualToIgnoringNewLines("--out: expected a value, got an empty text");
  }
}
