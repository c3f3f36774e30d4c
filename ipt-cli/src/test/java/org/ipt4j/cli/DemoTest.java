package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.model.IptModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ipt demo} restores, learns, and shows both. */
class DemoTest {
  @Test
  void restoresAndLearns(@TempDir Path folder) throws IOException {
    DeadLeaves images = new DeadLeaves(1, 3, 120, 96);
    for (int i = 0; i < images.size(); i++) {
      ImageFiles.write(images.image(i).quantised(), folder.resolve("in/" + i + ".png"));
    }
    Path out = folder.resolve("out");
    CommandRun.Outcome outcome =
        CommandRun.run(
            Demo.class,
            "--images",
            folder.resolve("in") + "",
            "--minutes",
            "0.02",
            "--profile",
            "--out",
            "" + out);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    Matcher noise = Pattern.compile("denoise30 +([\\d.]+) +([\\d.]+) +RGB").matcher(outcome.out());
    assertThat(noise.find()).as(outcome.out()).isTrue();
    assertThat(Double.parseDouble(noise.group(2)) - Double.parseDouble(noise.group(1)))
        .isGreaterThan(5);
    assertThat(outcome.out()).contains("deblur:gaussian").contains("GFLOP/s");
    for (String file : new String[] {"restored.png", "restored.html", "learned.png"}) {
      assertThat(out.resolve(file)).isNotEmptyFile();
    }
    assertThat(IptModel.load(out.resolve("model.safetensors")).task("deblur:gaussian").scale())
        .isEqualTo(1);
  }

  @Test
  void aModelThatIsThereIsKept(@TempDir Path out) throws IOException {
    Path model = Files.writeString(out.resolve("model.safetensors"), "mine");
    CommandRun.Outcome outcome =
        CommandRun.run(Demo.class, "--minutes", "0.02", "--out", out.toString());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains(model + " exists already; give another --out");
    assertThat(outcome.err()).hasLineCount(1);
    assertThat(outcome.out()).as("nothing is done first").isEmpty();
    assertThat(model).hasContent("mine");
  }

  /** Of which the next demo would take them. */
  @Test
  void resultsDoNotLieAmongThePhotographs(@TempDir Path folder) throws IOException {
    Path mine = folder.resolve("restored.png");
    ImageFiles.write(new DeadLeaves(1, 1, 40, 40).image(0), mine);
    byte[] before = Files.readAllBytes(mine);
    for (String out : new String[] {folder.toString(), folder.resolve("demo-out").toString()}) {
      CommandRun.Outcome outcome =
          CommandRun.run(Demo.class, "--images", folder.toString(), "--out", out);
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(outcome.err()).contains("results would lie among the images").hasLineCount(1);
    }
    assertThat(mine).hasBinaryContent(before);
    assertThat(folder.resolve("demo-out")).doesNotExist();
  }

  @Test
  void photographsComeAlong() throws IOException {
    DemoPhotographs photographs = new DemoPhotographs();
    assertThat(photographs.size()).isEqualTo(4);
    for (int i = 0; i < photographs.size(); i++) {
      assertThat(photographs.image(i).height()).isEqualTo(288);
      assertThat(photographs.name(i)).isNotEmpty();
    }
  }
}
