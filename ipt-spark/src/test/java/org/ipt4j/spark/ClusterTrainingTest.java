package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.Rounds;
import org.ipt4j.training.Trainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterTrainingTest {
  private static final Map<String, String> NOTES = Map.of("made", "by a test");
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

  private ClusterTraining training(Rounds rounds, String run, boolean validated)
      throws IOException {
    return new ClusterTraining(
        spark,
        TestRun::trainer,
        rounds,
        folder.resolve(run).toString(),
        new ClusterTraining.Settings(2, validated ? TestRun::validation : null, 2, NOTES));
  }

  private Path state(String run, int step) {
    return folder
        .resolve(run)
        .resolve("states")
        .resolve(String.format("step-%09d.safetensors", step));
  }

  @Test
  void oneShardIsTheTrainerAloneToTheBit() throws IOException {
    training(Rounds.averaging(1, 3), "run", false).trainTo(6, new ClusterTraining.Listener() {});
    Trainer alone = TestRun.trainer();
    alone.trainTo(6, 1, report -> {});
    alone.save(folder.resolve("alone"), NOTES);
    assertThat(state("run", 6)).hasSameBinaryContentAs(folder.resolve("alone"));
    assertThat(state("run", 3)).exists();
    assertThat(state("run", 0)).as("two are kept").doesNotExist();
    assertThat(folder.resolve("run/parts")).doesNotExist();
    IptModel model = IptModel.load(folder.resolve("run/model.safetensors"));
    assertThat(model.values().read(model.values().layout().parameters().get(3)))
        .isEqualTo(
            alone.model().values().read(alone.model().values().layout().parameters().get(3)));
  }

  @Test
  void shardsAreThoseOfTheFunctions() throws IOException {
    for (Rounds rounds : List.of(Rounds.averaging(3, 2).moving(0.7, 0.9), Rounds.summing(3))) {
      String run = rounds.sharing().name();
      List<ClusterTraining.ShardReport> reports = new ArrayList<>();
      training(rounds, run, false)
          .trainTo(
              4,
              new ClusterTraining.Listener() {
                @Override
                public void joined(List<ClusterTraining.ShardReport> shards) {
                  reports.addAll(shards);
                }
              });
      assertThat(state(run, 4)).hasSameBinaryContentAs(TestRun.here(rounds, 4, NOTES, folder));
      assertThat(reports).hasSize(3 * 4 / rounds.steps());
      assertThat(reports).extracting(ClusterTraining.ShardReport::shard).startsWith(0, 1, 2);
      assertThat(reports.get(0).losses().values()).allMatch(loss -> loss > 0 && loss < 255);
      assertThat(reports.get(0).images()).isEqualTo(4 * rounds.steps());
    }
  }

  @Test
  void aRunEndsWhereItIsToldOrNotAtAll() throws IOException {
    training(Rounds.averaging(1, 2), "run", false).trainTo(2, new ClusterTraining.Listener() {});
    for (int[] other : new int[][] {{3, 6}, {1, 1}}) {
      assertThatThrownBy(
              () ->
                  training(Rounds.averaging(1, other[0]), "run", false)
                      .trainTo(other[1], new ClusterTraining.Listener() {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("got one of step 2");
    }
  }

  @Test
  void aRunGoesOnFromItsLastState() throws IOException {
    Rounds rounds = Rounds.averaging(2, 2).moving(0.7, 0.9);
    training(rounds, "whole", true).trainTo(8, new ClusterTraining.Listener() {});
    training(rounds, "halves", true).trainTo(4, new ClusterTraining.Listener() {});
    Path left = folder.resolve("halves/parts/step-000000006-00000"); // of another process
    Files.createDirectories(left.getParent());
    Files.writeString(left, "half");
    training(rounds, "halves", true).trainTo(8, new ClusterTraining.Listener() {});
    assertThat(state("halves", 8)).hasSameBinaryContentAs(state("whole", 8));
    List<String> lines = Files.readAllLines(folder.resolve("halves/rounds.jsonl"));
    assertThat(lines).hasSize(2 * 4 + 2);
    assertThat(lines).filteredOn(line -> line.contains("\"after\"")).hasSize(2);
    assertThatThrownBy(
            () ->
                training(Rounds.averaging(3, 2), "halves", false)
                    .trainTo(10, new ClusterTraining.Listener() {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is of another run: shards: expected 3, got 2");
  }

  /** A driver that ends between a state and its validation. */
  @Test
  void whatWasNotValidatedIsWhenTheRunGoesOn() throws IOException {
    Rounds rounds = Rounds.averaging(1, 2);
    assertThatThrownBy(
            () ->
                training(rounds, "run", true)
                    .trainTo(
                        4,
                        new ClusterTraining.Listener() {
                          @Override
                          public void joined(List<ClusterTraining.ShardReport> shards) {
                            if (shards.get(0).step() == 4) {
                              throw new IllegalStateException("killed");
                            }
                          }
                        }))
        .hasMessage("killed");
    List<List<Long>> expected = new ArrayList<>(List.of(List.of(4L), List.of(), List.of(6L)));
    for (long end : List.of(4L, 4L, 6L)) {
      List<Long> validated = new ArrayList<>();
      training(rounds, "run", true)
          .trainTo(
              end,
              new ClusterTraining.Listener() {
                @Override
                public void validated(ClusterTraining.Validated result) {
                  validated.add(result.step());
                }
              });
      assertThat(validated).isEqualTo(expected.remove(0));
    }
    assertThat(Files.readAllLines(folder.resolve("run/rounds.jsonl")))
        .filteredOn(line -> line.contains("\"after\""))
        .hasSize(2);
  }

  @Test
  void aRunEndsWithARound() {
    assertThatThrownBy(
            () ->
                training(Rounds.averaging(2, 3), "run", false)
                    .trainTo(10, new ClusterTraining.Listener() {}))
        .hasMessage("a run ends with a round: expected a multiple of 3 steps, got 10");
    assertThatThrownBy(() -> new ClusterTraining.Settings(0, null, 1, Map.of()))
        .hasMessageContaining("got 0 and 1");
  }
}
