package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Bits;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Workers;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Adam;

class TrainingRunTest {
  private static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));
  private static final BatchSource BATCHES =
      BatchSource.degrading(new DeadLeaves(1, 5, 64, 64), TASKS, new PatchOptions(4, 12, 1));
  private static final TrainingPlan PLAN = TrainingPlan.equally(5, TASKS, Contrastive.none());
  private static final BooleanSupplier NEVER = () -> false;

  /** What happened, in words. */
  private static final class Diary implements TrainingListener {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void stepDone(StepReport report) {}

    @Override
    public void validated(ValidationReport report) {
      lines.add("validated " + report.step());
    }

    @Override
    public void saved(long step, Path checkpoint) {
      lines.add("saved " + step);
    }

    @Override
    public void ended(long step, boolean stopped) {
      lines.add((stopped ? "stopped " : "ended ") + step);
    }
  }

  private final Diary diary = new Diary();

  @Test
  void savesValidatesAndEnds(@TempDir Path folder) throws IOException {
    Trainer trainer = trainer(BATCHES, 1e-12); // which makes the first validation the best one
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of("note", "kept"))) {
      TrainingRun run = new TrainingRun(trainer, checkpoints, 4, validation(), 3);
      assertThat(run.resume()).isFalse();
      assertThat(run.trainTo(10, 1, diary, NEVER)).isTrue();
      assertThat(checkpoints.bestGain()).isBetween(-60.0, 30.0);
    }
    assertThat(diary.lines)
        .startsWith("validated 3", "saved 3", "saved 4", "validated 6")
        .contains("saved 8", "validated 9")
        .endsWith("validated 10", "saved 10", "ended 10");
    assertThat(names(folder))
        .contains("best.safetensors", "latest.safetensors", "step-000000010.safetensors")
        .filteredOn(name -> name.startsWith("step-"))
        .hasSize(2);
    Bits.assertSame(
        IptModel.load(folder.resolve("latest.safetensors")).values().flat(),
        trainer.model().values().flat());
  }

  @Test
  void theBestCheckpointOutlivesTheLastOnes(@TempDir Path folder) throws IOException {
    IptModel best;
    try (Checkpoints checkpoints = Checkpoints.open(folder, 1, Map.of())) {
      Trainer trainer = trainer(BATCHES, 1e-3);
      trainer.trainTo(1, 1, diary);
      checkpoints.saveBest(trainer, 3.5);
      best = trainer.model().copy();
      trainer.trainTo(2, 1, diary);
      checkpoints.save(trainer);
    }
    assertThat(names(folder)).doesNotContain("step-000000001.safetensors");
    Bits.assertSame(
        IptModel.load(folder.resolve("best.safetensors")).values().flat(), best.values().flat());
    try (Checkpoints again = Checkpoints.open(folder, 1, Map.of())) {
      assertThat(again.bestGain()).isEqualTo(3.5);
    }
  }

  /** As flat images once gave: no other would ever be better. */
  @Test
  void anInfiniteGainIsForgotten(@TempDir Path folder) throws IOException {
    try (Checkpoints checkpoints = Checkpoints.open(folder, 1, Map.of())) {
      checkpoints.saveBest(trainer(BATCHES, 1e-3), Double.POSITIVE_INFINITY);
    }
    try (Checkpoints again = Checkpoints.open(folder, 1, Map.of())) {
      assertThat(again.bestGain()).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(again.bestStep()).isEmpty();
    }
  }

  @Test
  void aStoppedRunGoesOnAsIfItHadNot(@TempDir Path folder) throws IOException {
    Trainer whole = trainer(BATCHES, 1e-3);
    whole.trainTo(9, 1, diary);
    Trainer first = trainer(BATCHES, 1e-3);
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      TrainingRun run = new TrainingRun(first, checkpoints, 100);
      assertThat(run.trainTo(9, 1, diary, () -> first.step() == 5)).isFalse();
    }
    assertThat(diary.lines).containsExactly("saved 5", "stopped 5");
    Trainer second = trainer(BATCHES, 1e-3);
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      TrainingRun run = new TrainingRun(second, checkpoints, 100);
      assertThat(run.resume()).isTrue();
      assertThat(run.trainTo(9, 1, diary, NEVER)).isTrue();
    }
    Bits.assertSame(second.model().values().flat(), whole.model().values().flat());
  }

  @Test
  void contrastiveBatchesOnAnotherNumberOfThreadsAreWarnedOf(@TempDir Path folder)
      throws IOException {
    int threads = Workers.count();
    assumeTrue(threads > 1, "one processor");
    Contrastive mixed = Contrastive.ownBatches(ContrastiveForm.PAPER, 3, 0.1);
    for (Contrastive contrastive : List.of(mixed, Contrastive.none())) {
      TrainingPlan plan = TrainingPlan.equally(5, TASKS, contrastive);
      Path own = folder.resolve(contrastive.mixture().name());
      try (Checkpoints checkpoints = Checkpoints.open(own, 2, Map.of())) {
        try {
          Workers.limit(1);
          checkpoints.save(trainer(plan, BATCHES, 1e-3));
          assertThat(logged(new TrainingRun(trainer(plan, BATCHES, 1e-3), checkpoints, 1)))
              .isEmpty();
        } finally {
          Workers.limit(threads);
        }
        String log = logged(new TrainingRun(trainer(plan, BATCHES, 1e-3), checkpoints, 1));
        if (contrastive == mixed) {
          assertThat(log)
              .containsOnlyOnce(
                  "the run computes its contrastive batches on 1 threads, here are " + threads);
        } else {
          assertThat(log).isEmpty();
        }
      }
    }
  }

  private static String logged(TrainingRun run) throws IOException {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      assertThat(run.resume()).isTrue();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  @Test
  void memoryThatRunsOutWhileABatchIsMadeNamesTheLastCheckpoint(@TempDir Path folder)
      throws IOException {
    BatchSource greedy =
        (task, step) -> {
          if (step == 3) {
            return IntStream.range(0, 100)
                .parallel()
                .mapToObj(i -> TrainingRunTest.<PatchBatch>outOfMemory())
                .findAny()
                .orElseThrow();
          }
          return BATCHES.batch(task, step);
        };
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      TrainingRun run = new TrainingRun(trainer(PLAN, greedy, 1e-3), checkpoints, 2);
      assertThatThrownBy(() -> run.trainTo(8, 1, diary, NEVER))
          .isInstanceOf(TrainingException.class)
          .hasMessageStartingWith("step 3, task " + PLAN.task(3).name() + ": out of memory ")
          .hasMessageContaining("Java heap space")
          .hasMessageContaining("the last complete checkpoint is")
          .hasMessageContaining("step-000000002.safetensors");
    }
  }

  private static <T> T outOfMemory() {
    throw new OutOfMemoryError("Java heap space");
  }

  @Test
  void anInterruptedRunIsSavedAndGoesOn(@TempDir Path folder) throws IOException {
    Trainer whole = trainer(BATCHES, 1e-3);
    whole.trainTo(6, 1, diary);
    Trainer first = trainer(BATCHES, 1e-3);
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      BooleanSupplier interrupting =
          () -> {
            if (first.step() == 4) {
              Thread.currentThread().interrupt();
            }
            return false;
          };
      TrainingRun run = new TrainingRun(first, checkpoints, 4, validation(), 4);
      assertThat(run.trainTo(6, 1, diary, interrupting)).isFalse();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(diary.lines).containsExactly("validated 4", "saved 4", "saved 4", "stopped 4");
    }
    Trainer second = trainer(BATCHES, 1e-3);
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      TrainingRun run = new TrainingRun(second, checkpoints, 100);
      assertThat(run.resume()).isTrue();
      assertThat(run.trainTo(6, 1, diary, NEVER)).isTrue();
    }
    Bits.assertSame(second.model().values().flat(), whole.model().values().flat());
  }

  @Test
  void checkpointsKeepNoNoteOfAnothersBestAndAreNotSavedWhenClosed(@TempDir Path folder)
      throws IOException {
    Map<String, String> notes = Map.of("ipt4j.training.best.gain", "bogus", "note", "kept");
    Checkpoints checkpoints = Checkpoints.open(folder, 2, notes);
    checkpoints.save(trainer(BATCHES, 1e-3));
    checkpoints.close();
    assertThatThrownBy(() -> checkpoints.save(trainer(BATCHES, 1e-3)))
        .isInstanceOf(IllegalStateException.class);
    Checkpoints.open(folder, 2, notes).close();
  }

  @Test
  void aFolderBelongsToOneRun(@TempDir Path folder) throws IOException {
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      checkpoints.save(trainer(BATCHES, 1e-3));
      assertThatThrownBy(() -> Checkpoints.open(folder, 2, Map.of()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is in use by another run");
    }
    Checkpoints.open(folder, 2, Map.of()).close();
  }

  @Test
  void whatAKilledProcessLeftIsTidied(@TempDir Path folder) throws IOException {
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      Trainer trainer = trainer(BATCHES, 1e-3);
      checkpoints.saveBest(trainer, 1);
      trainer.trainTo(1, 1, diary);
      checkpoints.saveBest(trainer, 2);
    }
    // killed after the file of step 1 was complete and before it was called best and latest
    for (String name : List.of("best.safetensors", "latest.safetensors")) {
      Files.delete(folder.resolve(name));
      Files.createLink(folder.resolve(name), folder.resolve("step-000000000.safetensors"));
    }
    Files.writeString(folder.resolve(".step-000000002.safetensors.123.part"), "half");
    try (Checkpoints again = Checkpoints.open(folder, 2, Map.of())) {
      assertThat(again.bestGain()).isEqualTo(2);
    }
    assertThat(names(folder)).noneMatch(name -> name.endsWith(".part"));
    Path last = folder.resolve("step-000000001.safetensors");
    for (String name : List.of("best.safetensors", "latest.safetensors")) {
      assertThat(Files.isSameFile(folder.resolve(name), last)).as(name).isTrue();
    }
  }

  @Test
  void aFailedStepNamesTheLastCheckpointAndOverwritesNothing(@TempDir Path folder)
      throws IOException {
    BatchSource broken =
        (task, step) -> {
          PatchBatch batch = BATCHES.batch(task, step);
          if (step == 3) {
            batch.clean()[1] = Float.NaN;
          }
          return batch;
        };
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      TrainingRun run = new TrainingRun(trainer(broken, 1e-3), checkpoints, 2);
      assertThatThrownBy(() -> run.trainTo(8, 1, diary, NEVER))
          .isInstanceOf(TrainingException.class)
          .hasMessageContaining("step 3, task " + PLAN.task(3).name())
          .hasMessageContaining("the last complete checkpoint is")
          .hasMessageContaining("step-000000002.safetensors");
    }
    assertThat(names(folder)).filteredOn(name -> name.startsWith("step-")).hasSize(1);
  }

  @Test
  void aValidationThatIsNotFiniteStopsTheRunAndNamesTheLastCheckpoint(@TempDir Path folder)
      throws IOException {
    Trainer trainer = trainer(BATCHES, 1e-3);
    TrainingListener damage =
        report -> {
          if (report.step() == 3) {
            Devices.FAST.fill(trainer.model().values().flat(), Float.NaN);
          }
        };
    try (Checkpoints checkpoints = Checkpoints.open(folder, 2, Map.of())) {
      TrainingRun run = new TrainingRun(trainer, checkpoints, 2, validation(), 4);
      assertThatThrownBy(() -> run.trainTo(8, 1, damage, NEVER))
          .isInstanceOf(TrainingException.class)
          .hasMessageContaining("step 4, validation: task x2: the network's result is NaN")
          .hasMessageContaining("step-000000002.safetensors");
    }
    assertThat(names(folder)).filteredOn(name -> name.startsWith("step-")).hasSize(1);
  }

  @Test
  void openingAFolderTakesNoCheckpointAway(@TempDir Path folder) throws IOException {
    try (Checkpoints checkpoints = Checkpoints.open(folder, 3, Map.of())) {
      new TrainingRun(trainer(BATCHES, 1e-3), checkpoints, 1).trainTo(3, 1, diary, NEVER);
    }
    Checkpoints.open(folder, 1, Map.of()).close();
    assertThat(names(folder)).filteredOn(name -> name.startsWith("step-")).hasSize(3);
  }

  @Test
  void aCheckpointThatCannotBeSavedNamesTheLastOne(@TempDir Path folder) throws IOException {
    try (Checkpoints checkpoints = Checkpoints.open(folder, 5, Map.of())) {
      TrainingRun run = new TrainingRun(trainer(BATCHES, 1e-3), checkpoints, 2);
      Files.createDirectories(folder.resolve("step-000000004.safetensors/in the way"));
      assertThatThrownBy(() -> run.trainTo(8, 1, diary, NEVER))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("step 4: the checkpoint could not be saved");
    }
    assertThat(names(folder)).contains("step-000000002.safetensors");
  }

  private static Trainer trainer(BatchSource batches, double learningRate) {
    return trainer(PLAN, batches, learningRate);
  }

  private static Trainer trainer(TrainingPlan plan, BatchSource batches, double learningRate) {
    IptModel model = IptModel.create(IptConfig.preset("nano"), TASKS, 1);
    return new Trainer(model, plan, batches, new Adam(learningRate));
  }

  private static Validation validation() throws IOException {
    return Validation.degrading(new DeadLeaves(2, 2, 40, 40), TASKS, 24, 1);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
