package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.core.Workers;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.spark.Outcome.Status;
import org.ipt4j.training.Rounds;
import org.ipt4j.training.Trainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two executors, in processes of their own, which are killed. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClusterTest {
  private static final Map<String, String> NOTES = Map.of();
  private static JavaSparkContext spark;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException {
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    spark = Contexts.executors(2);
    Workers.limit(1); // as executors have
  }

  @AfterAll
  static void stop() {
    Workers.limit(Runtime.getRuntime().availableProcessors());
    spark.close();
  }

  /** The processes of the executors there are. */
  private static Set<Long> executors() {
    return new HashSet<>(
        spark
            .parallelize(List.of(1, 2), 2)
            .map(
                i -> {
                  Thread.sleep(300);
                  return ProcessHandle.current().pid();
                })
            .collect());
  }

  /** Kills a process once something is so. */
  private static Thread killing(long pid, BooleanSupplier when) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!when.getAsBoolean()) {
                  TimeUnit.MILLISECONDS.sleep(20);
                }
                ProcessHandle.of(pid).orElseThrow().destroyForcibly(); // SIGKILL
              } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static long files(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().endsWith(".png")).count();
    } catch (IOException notYet) {
      return 0;
    }
  }

  @Test
  @Order(1)
  void trainingDoesNotMindAKilledExecutor() throws Exception {
    Rounds rounds = Rounds.averaging(2, 10).moving(0.7, 0.9);
    ClusterTraining training =
        new ClusterTraining(
            spark,
            ClusterTest::slowTrainer,
            rounds,
            folder.resolve("run").toString(),
            new ClusterTraining.Settings(3, null, 1, NOTES));
    Set<Long> before = executors();
    training.trainTo(
        30,
        new ClusterTraining.Listener() {
          @Override
          public void joined(List<ClusterTraining.ShardReport> shards) {
            if (shards.get(0).step() == 10) {
              long now = System.nanoTime();
              killing(before.iterator().next(), () -> System.nanoTime() - now > 500_000_000);
            }
          }
        });
    assertThat(executors()).as("one was killed").isNotEqualTo(before);
    assertThat(folder.resolve("run/states/step-000000030.safetensors"))
        .hasSameBinaryContentAs(TestRun.here(rounds, 30, NOTES, folder));
  }

  /** 10 steps take more than half a second. */
  private static Trainer slowTrainer() {
    return TestRun.trainer(
        () -> {
          try {
            TimeUnit.MILLISECONDS.sleep(150);
          } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
          }
        });
  }

  @Test
  @Order(2)
  void figuresAreThoseOfOneMachine() throws Exception {
    Path set = folder.resolve("set");
    TestFiles.images(set, 4);
    String model = TestFiles.model(folder.resolve("m.safetensors"));
    Evaluation found =
        new ClusterEvaluation(spark, ClusterModel.of(spark, model), "denoise30")
            .of(set.toString(), null, 1);
    IptModel loaded = IptModel.load(Path.of(model));
    ImageRestorer restorer = new ImageRestorer(loaded);
    Evaluation expected =
        Evaluation.of(
            TestSet.open(set, Degradation.parse("denoise30"), 1),
            List.of(
                Contender.baseline(1),
                new Contender("m", image -> restorer.restore(loaded.task("denoise30"), image))),
            new Evaluation.Listener() {});
    assertThat(found.rows()).isEqualTo(expected.rows()).hasSize(4);
  }

  @Test
  @Order(3)
  void restoringDoesNotMindKilledExecutorsNorAnImageThatKills() throws Exception {
    Path in = folder.resolve("in");
    Path out = folder.resolve("out");
    TestFiles.images(in, 24);
    Path poison = in.resolve("deep/poison.png");
    Files.writeString(poison, HaltingReaderSpi.HALT);
    String model = TestFiles.model(folder.resolve("m.safetensors"));
    ClusterRestore restore =
        new ClusterRestore(
            spark,
            new ClusterRestore.Settings(
                ClusterModel.of(spark, model), "x2", ClusterTest::slowly, null, false, 25));
    killing(executors().iterator().next(), () -> files(out) >= 3);
    RestoreReport report = restore.run(List.of(in.toString()), out.toString(), line -> {});
    assertThat(report.counts())
        .containsEntry(Status.RESTORED, 24)
        .containsEntry(Status.CRASHED, 1)
        .containsEntry(Status.UNREADABLE, 0);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().get(0).image()).isEqualTo("file:" + poison);
    assertThat(report.failures().get(0).message()).contains("ExecutorLostFailure");
    Files.delete(poison);
    IptModel loaded = IptModel.load(Path.of(model));
    for (int i = 0; i < 24; i++) {
      String name = (i % 2 == 1 ? "deep/" : "") + i + ".png";
      Path here = folder.resolve("here").resolve(name);
      Files.createDirectories(here.getParent());
      new ImageRestorer(loaded).restore(loaded.task("x2"), in.resolve(name), here);
    }
    assertThat(TestFiles.content(out)).isEqualTo(TestFiles.content(folder.resolve("here")));
    assertThat(restore.run(List.of(in.toString()), out.toString(), line -> {}).counts())
        .containsEntry(Status.KEPT, 24);
  }

  private static ImageRestorer slowly(IptModel model) {
    try {
      TimeUnit.MILLISECONDS.sleep(150);
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    }
    return new ImageRestorer(model);
  }
}
