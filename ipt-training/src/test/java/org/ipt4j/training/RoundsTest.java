package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Workers;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

class RoundsTest {
  private static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));
  private static final BatchSource BATCHES =
      BatchSource.degrading(new DeadLeaves(1, 5, 64, 64), TASKS, new PatchOptions(4, 12, 1));
  private static final Contrastive MIXED = Contrastive.ownBatches(ContrastiveForm.PAPER, 3, 0.1);

  @TempDir Path folder;

  private static Trainer trainer(IUpdater updater, BatchSource batches, TrainingOptions options) {
    return new Trainer(
        IptModel.create(IptConfig.preset("nano"), TASKS, 1),
        TrainingPlan.equally(1, TASKS, MIXED),
        batches,
        updater,
        options);
  }

  private static Trainer adam() {
    return trainer(new Adam(1e-3), BATCHES, TrainingOptions.PUBLISHED);
  }

  /** The state after some rounds from the start, or from a state. */
  private Path run(Rounds rounds, Trainer trainer, Path from, int count) throws IOException {
    Path folder = Files.createTempDirectory(this.folder, "run");
    Path state = from;
    if (state == null) {
      state = folder.resolve("begin");
      rounds.begin(trainer, state, Map.of("made", "by a test"));
    }
    for (int round = 0; round < count; round++) {
      List<Path> parts = new ArrayList<>();
      for (int shard = 0; shard < rounds.shards(); shard++) {
        parts.add(folder.resolve(round + "-" + shard));
        rounds.shard(trainer, shard, state, parts.get(shard));
      }
      state = folder.resolve("state-" + round);
      rounds.join(trainer, folder.resolve(previous(round, from)), parts, state);
    }
    return state;
  }

  private static String previous(int round, Path from) {
    return round > 0 ? "state-" + (round - 1) : from == null ? "begin" : from.toString();
  }

  @Test
  void oneShardIsTheTrainerAloneToTheBit() throws IOException {
    for (TrainingOptions options :
        List.of(TrainingOptions.PUBLISHED, TrainingOptions.PUBLISHED.averaged(0.9).clipped(0.5))) {
      Trainer alone = trainer(new Adam(1e-3), BATCHES, options);
      alone.trainTo(6, 1, report -> {});
      Path file = folder.resolve("alone");
      alone.save(file, Map.of("made", "by a test"));
      byte[] expected = Files.readAllBytes(file);
      for (Rounds rounds : List.of(Rounds.averaging(1, 3), Rounds.summing(1))) {
        Trainer shard = trainer(new Adam(1e-3), BATCHES, options);
        Path state = run(rounds, shard, null, 6 / rounds.steps());
        assertThat(Files.readAllBytes(state)).as(rounds.toString()).isEqualTo(expected);
      }
      alone.resume(run(Rounds.averaging(1, 2), alone, null, 3));
    }
  }

  /** The batches of both shards, one after the other. */
  private static final BatchSource JOINED =
      (task, k) -> {
        PatchBatch a = BATCHES.batch(task, 2 * k);
        PatchBatch b = BATCHES.batch(task, 2 * k + 1);
        return new PatchBatch(
            a.count() + b.count(),
            a.side(),
            a.scale(),
            joined(a.degraded(), b.degraded()),
            joined(a.clean(), b.clean()));
      };

  private static float[] joined(float[] a, float[] b) {
    float[] both = new float[a.length + b.length];
    System.arraycopy(a, 0, both, 0, a.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void sharedGradientsAreThoseOfTheJoinedBatch() throws IOException {
    // each part of the joined batch is compared within itself, as each shard's is
    TrainingOptions clipped = TrainingOptions.PUBLISHED.clipped(0.1);
    Trainer joined = trainer(new Sgd(0.5), JOINED, clipped.accumulated(2));
    List<Double> norms = new ArrayList<>();
    joined.trainTo(6, 1, report -> norms.add(report.gradientNorm()));
    assertThat(norms).as("some are clipped").anyMatch(n -> n > 0.1).anyMatch(n -> n < 0.1);
    Path expected = folder.resolve("joined");
    joined.save(expected, Map.of());
    Trainer shard = trainer(new Sgd(0.5), BATCHES, clipped);
    Path begin = folder.resolve("begin");
    Rounds.summing(2).begin(shard, begin, Map.of());
    Path state = run(Rounds.summing(2), shard, begin, 6);
    assertThat(difference(begin, state)).as("it moved").isGreaterThan(1e-2);
    // sums of the same products in another order
    assertThat(difference(expected, state)).isBetween(1e-12, 1e-6);
  }

  @Test
  void resumingBetweenRoundsChangesNothing() throws IOException {
    Rounds rounds = Rounds.averaging(2, 2).moving(0.7, 0.9);
    byte[] whole = Files.readAllBytes(run(rounds, adam(), null, 4));
    Path half = run(rounds, adam(), null, 2);
    assertThat(Files.readAllBytes(run(rounds, adam(), half, 2))).isEqualTo(whole);
    assertThat(Rounds.step(half)).isEqualTo(4);
  }

  @Test
  void aStateGoesOnInNoOtherRounds() throws IOException {
    Path state = run(Rounds.averaging(2, 2), adam(), null, 1);
    Path part = folder.resolve("part");
    for (Rounds other :
        List.of(
            Rounds.averaging(3, 2),
            Rounds.averaging(2, 1),
            Rounds.summing(2),
            Rounds.averaging(2, 2).moving(0.7, 0.9))) {
      assertThatThrownBy(() -> other.shard(adam(), 0, state, part))
          .hasMessageContaining(" is of another run: ");
    }
    assertThatThrownBy(() -> adam().resume(state))
        .hasMessageContaining("shards: expected nothing, got 2");
    assertThatThrownBy(() -> Rounds.averaging(2, 2).join(adam(), state, List.of(state), part))
        .hasMessage("expected 2 parts, got 1");
    assertThatThrownBy(() -> Rounds.averaging(2, 2).shard(adam(), 2, state, part))
        .hasMessage("expected shard 0 to 1, got 2");
    assertThat(part).doesNotExist();
  }

  @Test
  void contrastiveBatchesWantTheRunsThreads() throws IOException {
    Path begin = folder.resolve("begin");
    Rounds rounds = Rounds.averaging(2, 1);
    rounds.begin(adam(), begin, Map.of());
    Path elsewhere = folder.resolve("elsewhere");
    try (TensorFile file = SafeTensors.open(begin)) {
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      metadata.remove(SafeTensors.CHECKSUM);
      metadata.put("ipt4j.training.threads", "77");
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.names().forEach(name -> tensors.put(name, file.tensor(name)));
      SafeTensors.write(elsewhere, metadata, tensors);
    }
    assertThatThrownBy(() -> rounds.shard(adam(), 0, elsewhere, folder.resolve("part")))
        .hasMessage(
            "the run computes its contrastive batches on 77 threads, here are " + Workers.count());
  }

  @Test
  void theOuterStepIsNesterovs() throws IOException {
    Rounds plain = Rounds.averaging(2, 2);
    Rounds outer = plain.moving(0.7, 0.9);
    Path begin = folder.resolve("begin");
    outer.begin(adam(), begin, Map.of());
    List<Path> parts = new ArrayList<>();
    for (int shard = 0; shard < 2; shard++) {
      parts.add(folder.resolve("part" + shard));
      outer.shard(adam(), shard, begin, parts.get(shard));
    }
    Path mean = folder.resolve("mean");
    TrainingStates.mean(parts, mean);
    Path state = folder.resolve("state");
    outer.join(adam(), begin, parts, state);
    Path second = folder.resolve("second");
    outer.join(adam(), state, parts, second); // the same parts, from elsewhere
    String name = "body.encoder.layers.0.linear1.weight";
    double[] w0 = read(begin, name);
    double[] m = read(mean, name);
    double[] w1 = read(state, name);
    double[] w2 = read(second, name);
    for (int i = 0; i < w0.length; i++) {
      double v1 = w0[i] - m[i];
      assertThat(w1[i]).isEqualTo((float) (w0[i] - 0.7 * (v1 + 0.9 * v1)), within(1e-7));
      double v2 = 0.9 * v1 + w1[i] - m[i];
      assertThat(w2[i]).isEqualTo((float) (w1[i] - 0.7 * (w1[i] - m[i] + 0.9 * v2)), within(1e-7));
    }
    String moments = "training.moments.V.body.encoder.layers.0.linear1.weight";
    assertThat(read(state, moments)).isEqualTo(read(mean, moments));
  }

  private static Offset<Double> within(double offset) {
    return Offset.offset(offset);
  }

  @Test
  void theMeanIsTakenInDoubleAndRefusesStrangers() throws IOException {
    Rounds rounds = Rounds.averaging(3, 2);
    Path begin = folder.resolve("begin");
    rounds.begin(adam(), begin, Map.of());
    List<Path> parts = new ArrayList<>();
    for (int shard = 0; shard < 3; shard++) {
      parts.add(folder.resolve("part" + shard));
      rounds.shard(adam(), shard, begin, parts.get(shard));
    }
    Path mean = folder.resolve("mean");
    TrainingStates.mean(parts, mean);
    try (TensorFile file = SafeTensors.open(mean)) {
      for (String name : file.names()) {
        if (file.isFloating(name)) {
          double[] a = read(parts.get(0), name);
          double[] b = read(parts.get(1), name);
          double[] c = read(parts.get(2), name);
          double[] found = file.readDoubles(name);
          for (int i = 0; i < a.length; i++) {
            assertThat(found[i]).isEqualTo((float) ((a[i] + b[i] + c[i]) / 3));
          }
        }
      }
    }
    Path target = folder.resolve("none");
    assertThatThrownBy(() -> TrainingStates.mean(List.of(), target))
        .hasMessage("expected at least one state, got none");
    assertThatThrownBy(() -> TrainingStates.mean(List.of(parts.get(0), begin), target))
        .hasMessageStartingWith(begin + " is of another run or step than " + parts.get(0) + ": ");
    assertThat(target).doesNotExist();
  }

  @Test
  void roundsSayWhatTheyExpect() {
    assertThatThrownBy(() -> Rounds.averaging(0, 1))
        .hasMessageContaining("expected at least 1 shard and 1 step a round")
        .hasMessageEndingWith("got 0, 1, 1.0 and 0.0");
    assertThatThrownBy(() -> Rounds.averaging(2, 5).moving(1, 1)).hasMessageContaining("got 2, 5");
    assertThatThrownBy(() -> Rounds.summing(2).moving(0.7, 0.9))
        .hasMessageStartingWith("gradients are shared in each step and without an outer one");
  }

  private static double[] read(Path file, String name) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      return tensors.readDoubles(name);
    }
  }

  /** The largest difference of two states' weights. */
  private static double difference(Path a, Path b) throws IOException {
    double largest = 0;
    try (TensorFile one = SafeTensors.open(a);
        TensorFile other = SafeTensors.open(b)) {
      for (String name : one.names()) {
        if (one.isFloating(name)) {
          double[] x = one.readDoubles(name);
          double[] y = other.readDoubles(name);
          for (int i = 0; i < x.length; i++) {
            largest = Math.max(largest, Math.abs(x[i] - y[i]));
          }
        }
      }
    }
    return largest;
  }
}
