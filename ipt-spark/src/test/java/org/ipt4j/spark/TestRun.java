package org.ipt4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Rounds;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.Validation;
import org.nd4j.linalg.learning.config.Adam;

/** A run that any process can make. */
final class TestRun {
  private TestRun() {}

  static Trainer trainer() {
    return trainer(() -> {});
  }

  /** The same, something being done before each batch. */
  static Trainer trainer(Runnable before) {
    BatchSource batches =
        BatchSource.degrading(
            new DeadLeaves(1, 5, 64, 64), TestFiles.TASKS, new PatchOptions(4, 12, 1));
    return new Trainer(
        IptModel.create(IptConfig.preset("nano"), TestFiles.TASKS, 1),
        TrainingPlan.equally(1, TestFiles.TASKS, Contrastive.none()),
        (task, step) -> {
          before.run();
          return batches.batch(task, step);
        },
        new Adam(1e-3));
  }

  static Validation validation() throws IOException {
    return Validation.degrading(new DeadLeaves(2, 1, 48, 48), TestFiles.TASKS, 48, 1);
  }

  /** The state after some steps, by {@link Rounds} alone. */
  static Path here(Rounds rounds, int steps, Map<String, String> notes, Path parent)
      throws IOException {
    Path folder = Files.createTempDirectory(parent, "here");
    Path state = folder.resolve("0");
    rounds.begin(trainer(), state, notes);
    for (int step = 0; step < steps; step += rounds.steps()) {
      List<Path> parts = new ArrayList<>();
      for (int shard = 0; shard < rounds.shards(); shard++) {
        parts.add(folder.resolve(step + "-" + shard));
        rounds.shard(trainer(), shard, state, parts.get(shard));
      }
      Path next = folder.resolve("" + (step + rounds.steps()));
      rounds.join(trainer(), state, parts, next);
      state = next;
    }
    return state;
  }
}
