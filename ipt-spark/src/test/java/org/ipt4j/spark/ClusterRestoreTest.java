package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterRestoreTest {
  private static JavaSparkContext spark;

  @TempDir Path folder;
  private String in;
  private String out;
  private String model;

  @BeforeAll
  static void start() {
    spark = Contexts.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @BeforeEach
  void prepare() throws IOException {
    in = folder.resolve("in").toString();
    out = folder.resolve("out").toString();
    model = TestFiles.model(folder.resolve("m.safetensors"));
    TestFiles.images(folder.resolve("in"), 5);
  }

  private ClusterRestore restore(ImageFormat format, boolean force, int chunk) throws IOException {
    return new ClusterRestore(
        spark,
        new ClusterRestore.Settings(
            ClusterModel.of(spark, model), "x2", ImageRestorer::new, format, force, chunk));
  }

  private static void assertCounts(RestoreReport report, int restored, int kept, int unreadable) {
    assertThat(report.counts())
        .containsEntry(Outcome.Status.RESTORED, restored)
        .containsEntry(Outcome.Status.KEPT, kept)
        .containsEntry(Outcome.Status.UNREADABLE, unreadable)
        .containsEntry(Outcome.Status.CRASHED, 0);
  }

  @Test
  void whatIsRestoredIsWhatOneMachineRestores() throws Exception {
    List<String> progress = new ArrayList<>();
    RestoreReport report = restore(null, false, 2).run(List.of(in), out, progress::add);
    assertCounts(report, 5, 0, 0);
    assertThat(progress).containsExactly("2/5 images", "4/5 images", "5/5 images");
    IptModel loaded = IptModel.load(Path.of(model));
    for (String name : List.of("0.png", "2.png", "4.png", "deep/1.png", "deep/3.png")) {
      Path here = folder.resolve("here").resolve(name);
      Files.createDirectories(here.getParent());
      new ImageRestorer(loaded).restore(loaded.task("x2"), Path.of(in, name), here);
    }
    assertThat(TestFiles.content(Path.of(out)))
        .isEqualTo(TestFiles.content(folder.resolve("here")));
    List<String> outcomes = outcomes(report);
    assertThat(outcomes).hasSize(5);
    JsonNode first = new ObjectMapper().readTree(outcomes.get(0));
    assertThat(first.get("image").asText()).isEqualTo("file:" + in + "/0.png");
    assertThat(first.get("target").asText()).isEqualTo("file:" + out + "/0.png");
    assertThat(first.get("status").asText()).isEqualTo("RESTORED");
    assertThat(first.get("executor").asText()).isEqualTo("driver");
  }

  private static List<String> outcomes(RestoreReport report) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(report.outcomes()))) {
      List<String> lines = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        lines.addAll(Files.readAllLines(file));
      }
      return lines;
    }
  }

  @Test
  void aSecondRunDoesWhatIsMissing() throws Exception {
    restore(null, false, 10).run(List.of(in), out, line -> {});
    Path there = Path.of(out, "0.png");
    byte[] restored = Files.readAllBytes(there);
    Files.delete(Path.of(out, "2.png"));
    FileTime then = FileTime.fromMillis(0);
    Files.setLastModifiedTime(there, then);
    assertCounts(restore(null, false, 10).run(List.of(in), out, line -> {}), 1, 4, 0);
    assertThat(Files.getLastModifiedTime(there)).isEqualTo(then);
    assertThat(Path.of(out, "2.png")).exists();
    Files.writeString(there, "something else");
    assertCounts(restore(null, true, 10).run(List.of(in), out, line -> {}), 5, 0, 0);
    assertThat(there).hasBinaryContent(restored);
  }

  @Test
  void whatCannotBeReadIsSaidAndTheRestGoesOn() throws Exception {
    Files.writeString(Path.of(in, "bad.png"), "no image");
    Files.writeString(Path.of(in, "notes.txt"), "passed over");
    RestoreReport report = restore(null, false, 10).run(List.of(in), out, line -> {});
    assertCounts(report, 5, 0, 1);
    assertThat(report.failures()).hasSize(1);
    Outcome bad = report.failures().get(0);
    assertThat(bad.message()).isEqualTo("file:" + in + "/bad.png: not an image of a known format");
    assertThat(outcomes(report)).anyMatch(line -> line.contains("UNREADABLE"));
    assertThat(TestFiles.content(Path.of(out))).hasSize(5);
  }

  @Test
  void whatWasLeftHalfWrittenGoes() throws Exception {
    Path left = Path.of(out, "deep", ".ipt-8f14e45f-ceea-467f-a8d5-1f2a3b4c5d6e.part");
    Path own = Path.of(out, ".keep.part");
    Files.createDirectories(left.getParent());
    Files.writeString(left, "half");
    Files.writeString(own, "somebody's");
    restore(null, false, 10).run(List.of(in), out, line -> {});
    assertThat(left).doesNotExist();
    assertThat(own).exists();
    try (Stream<Path> all = Files.walk(Path.of(out))) {
      assertThat(all.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.endsWith(".crc"));
    }
  }

  @Test
  void namesAreThoseOfRestoringHere() throws Exception {
    Files.move(Path.of(in, "0.png"), Path.of(in, "2.webp")); // content decides how it is read
    restore(ImageFormat.TIFF, false, 10).run(List.of(in), out, line -> {});
    assertThat(TestFiles.content(Path.of(out)).keySet())
        .containsExactly("2.tif", "2.webp.tif", "4.tif", "deep/1.tif", "deep/3.tif");
  }

  @Test
  void anImageThatIsGivenTwiceIsRestoredOnce() throws Exception {
    String again = in + "/deep/../0.png";
    RestoreReport report =
        restore(null, false, 10)
            .run(List.of(in + "/0.png", again, "file:" + in, in + "/deep/1.png"), out, l -> {});
    assertCounts(report, 5, 0, 0);
    assertThat(TestFiles.content(Path.of(out)).keySet())
        .containsExactly("0.png", "2.png", "4.png", "deep/1.png", "deep/3.png");
  }

  @Test
  void twoFilesOfOneNameAreTwoModels() throws Exception {
    String first = ClusterModel.of(spark, model).sha256();
    assertThat(ClusterModel.of(spark, model).sha256()).isEqualTo(first);
    assertThat(ClusterModel.of(spark, "tiny").model().tasks()).isNotEmpty();
    Path other = folder.resolve("other");
    Files.createDirectories(other);
    IptModel changed = IptModel.load(Path.of(model));
    changed.values().device().fill(changed.values().flat(), 0.5);
    changed.save(other.resolve("m.safetensors"), java.util.Map.of());
    ClusterModel second = ClusterModel.of(spark, other.resolve("m.safetensors").toString());
    assertThat(second.sha256()).isNotEqualTo(first);
    assertThat(second.name()).isEqualTo("m");
    assertThat(second.model().values().read(second.model().values().layout().parameters().get(0)))
        .contains(0.5f);
  }

  @Test
  void whatCannotWorkIsRefusedAtTheStart() throws Exception {
    assertThatThrownBy(() -> restore(null, false, 10).run(List.of(in), in, line -> {}))
        .hasMessage(in + ": results would lie among the images; give another output");
    assertThatThrownBy(() -> restore(null, false, 10).run(List.of(in + "x"), out, line -> {}))
        .hasMessage("no folder or file of images: " + in + "x");
    assertThatThrownBy(() -> restore(null, true, 10).run(List.of(in + "/0.png"), in, line -> {}))
        .hasMessage(
            "file:" + in + "/0.png: would be replaced by its own result; give another output");
    Files.copy(Path.of(in, "0.png"), Path.of(in, "deep/0.png"));
    assertThatThrownBy(
            () ->
                restore(null, true, 10)
                    .run(List.of(in + "/deep/0.png", in + "/0.png"), in, line -> {}))
        .hasMessage(
            "file:%s/0.png: would be replaced by file:%s/deep/0.png's result; give another output",
            in, in);
    assertThatThrownBy(
            () ->
                new ClusterRestore(
                    spark,
                    new ClusterRestore.Settings(
                        ClusterModel.of(spark, model),
                        "x2",
                        loaded -> new ImageRestorer(loaded).overlapping(99),
                        null,
                        false,
                        1)))
        .hasMessage("expected an overlap of 0 to 11, got 99");
    assertThatThrownBy(() -> restore(null, false, 0))
        .hasMessage("a chunk has at least 1 image, got 0");
    assertThatThrownBy(
            () ->
                new ClusterRestore(
                    spark, new ClusterRestore.Settings(ClusterModel.of(spark, model), "derain")))
        .hasMessageContaining("derain");
    assertThatThrownBy(() -> ClusterModel.of(spark, "none.safetensors"))
        .hasMessageContaining("no such model: expected a file or one of tiny, got none.safe");
  }

  @Test
  void aRunThatFailsForAllImagesEnds() {
    assertThatThrownBy(
            () -> {
              TestFiles.images(Path.of(in), 20);
              new ClusterRestore(
                      spark,
                      new ClusterRestore.Settings(
                          ClusterModel.of(spark, model),
                          "x2",
                          ClusterRestoreTest::outOfOrder,
                          null,
                          false,
                          20))
                  .run(List.of(in), out, line -> {});
            })
        .hasMessageContaining("none of the first images could be finished: ")
        .hasMessageContaining("out of order");
  }

  /** Works in the driver, as the check at the start does. */
  private static ImageRestorer outOfOrder(IptModel loaded) {
    if (TaskContext.get() != null) {
      throw new IllegalStateException("out of order");
    }
    return new ImageRestorer(loaded);
  }
}
