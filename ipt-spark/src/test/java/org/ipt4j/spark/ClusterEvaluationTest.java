package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterEvaluationTest {
  private static JavaSparkContext spark;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    spark = Contexts.local(2);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static Evaluation here(TestSet set, Path model, String task) throws Exception {
    IptModel loaded = IptModel.load(model);
    ImageRestorer restorer = new ImageRestorer(loaded);
    return Evaluation.of(
        set,
        List.of(
            Contender.baseline(loaded.task(task).scale()),
            new Contender("m", image -> restorer.restore(loaded.task(task), image))),
        new Evaluation.Listener() {});
  }

  private static void assertAlike(Evaluation found, Evaluation expected) {
    assertThat(found.rows()).isEqualTo(expected.rows()).isNotEmpty();
    assertThat(found.failures()).isEqualTo(expected.failures());
    assertThat(found.contenders()).isEqualTo(expected.contenders());
    assertThat(found.set().name()).isEqualTo(expected.set().name());
    assertThat(found.set().origin()).isEqualTo(expected.set().origin());
    assertThat(found.mean(1)).isEqualTo(expected.mean(1));
  }

  @Test
  void figuresAreThoseOfOneMachine() throws Exception {
    Path model = folder.resolve("m.safetensors");
    TestFiles.model(model);
    Path set = folder.resolve("set");
    TestFiles.images(set, 5);
    Files.writeString(set.resolve("bad.png"), "no image");
    ClusterModel shared = ClusterModel.of(spark, model.toString());
    for (String task : List.of("x2", "denoise30")) {
      ClusterEvaluation evaluation = new ClusterEvaluation(spark, shared, task);
      assertAlike(
          evaluation.of(set.toString(), null, 7),
          here(TestSet.open(set, Degradation.parse(task), 7), model, task));
    }
    assertAlike(
        new ClusterEvaluation(spark, shared, "denoise30").of(set.toString(), "denoise10", 1),
        here(TestSet.open(set, Degradation.parse("denoise10"), 1), model, "denoise30"));
  }

  @Test
  void pairsAreFoundByTheirNames() throws Exception {
    Path model = folder.resolve("m.safetensors");
    TestFiles.model(model);
    Path plain = folder.resolve("plain");
    TestFiles.images(plain, 4);
    Path set = folder.resolve("set");
    for (int i = 0; i < 4; i += 2) {
      Path clean = plain.resolve(i + ".png");
      Files.createDirectories(set.resolve("HR"));
      Files.copy(clean, set.resolve("HR").resolve(i + ".png"));
      ImageFiles.write(
          Degradation.parse("x2").apply(ImageFiles.read(clean), null),
          set.resolve("LR_bicubic/X2/" + i + "x2.png"));
    }
    ClusterEvaluation evaluation =
        new ClusterEvaluation(spark, ClusterModel.of(spark, model.toString()), "x2");
    Evaluation expected = here(TestSet.open(set, Degradation.parse("x2"), 1), model, "x2");
    assertThat(expected.set().origin()).contains("LR_bicubic");
    assertAlike(evaluation.of(set.toString(), null, 1), expected);
    assertAlike(
        evaluation.matched(set + "/LR_bicubic/X2", set + "/HR"),
        here(TestSet.matched(set.resolve("LR_bicubic/X2"), set.resolve("HR"), 2), model, "x2"));
  }

  @Test
  void whatCannotWorkIsRefused() throws Exception {
    ClusterModel shared = ClusterModel.of(spark, TestFiles.model(folder.resolve("m.safetensors")));
    ClusterEvaluation evaluation = new ClusterEvaluation(spark, shared, "x2");
    assertThatThrownBy(() -> evaluation.of(folder + "/none", null, 1))
        .hasMessage("no folder or file of images: " + folder + "/none");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> evaluation.of(empty.toString(), null, 1))
        .hasMessage("no image in " + empty);
    assertThatThrownBy(() -> evaluation.of(folder.toString(), "denoise30", 1))
        .hasMessage("task x2 enlarges by 2, degradation denoise30 shrinks by 1");
  }
}
