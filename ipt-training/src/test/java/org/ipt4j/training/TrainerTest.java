package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Bits;
import org.ipt4j.core.Device;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.PoisoningDevice;
import org.ipt4j.core.Precision;
import org.ipt4j.core.StagingDevice;
import org.ipt4j.core.Workers;
import org.ipt4j.data.batch.DataSetBatches;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchIterator;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;
import org.ipt4j.weights.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

class TrainerTest {
  private static final IptConfig NANO = IptConfig.preset("nano");
  private static final List<Task> TASKS =
      List.of(new Task("x2", 2), new Task("denoise30", 1), new Task("derain", 1));
  private static final Contrastive MIXED = Contrastive.ownBatches(ContrastiveForm.PAPER, 3, 0.1);
  private static final BatchSource BATCHES =
      BatchSource.degrading(new DeadLeaves(1, 5, 64, 64), TASKS, new PatchOptions(4, 12, 1));

  @Test
  void oneBatchIsLearnedByHeart() {
    Task task = new Task("denoise30", 1);
    IptModel model = IptModel.create(NANO, List.of(task), 1);
    PatchBatch batch = BATCHES.batch(task, 0);
    TrainingPlan plan = plan(List.of(task), Contrastive.none());
    Trainer trainer = new Trainer(model, plan, (t, k) -> batch, new Adam(3e-3));
    List<Double> losses = new ArrayList<>();
    trainer.trainTo(400, 1, report -> losses.add(report.loss()));
    assertThat(losses.get(0)).isBetween(15.0, 30.0);
    assertThat(losses.get(399)).isLessThan(0.35 * losses.get(0));
  }

  @Test
  void aStepMovesTheBodyAndItsTaskOnly() {
    // as published: with an input residual, whose tail starts at zero, a first step moves only that
    IptConfig config = new IptConfig(4, 12, 3, 4, 1, 1, DecoderForm.MEMORY, 255, false);
    IptModel model = IptModel.create(config, TASKS, 1);
    TrainingPlan plan = plan(TASKS, MIXED);
    Trainer trainer = new Trainer(model, plan, BATCHES, new Adam(1e-3));
    for (int step = 0; step < 12; step++) {
      Map<String, INDArray> before = ranges(model);
      trainer.trainTo(step + 1, 1, report -> {});
      Task task = plan.task(step);
      List<String> moved = new ArrayList<>(List.of("body", task.name()));
      if (plan.objective(step) == TrainingPlan.Objective.L1) {
        moved.add(task.name() + " tail");
      }
      ranges(model)
          .forEach(
              (name, now) ->
                  assertThat(Bits.areSame(now, before.get(name)))
                      .as("step of %s: %s rests", task.name(), name)
                      .isEqualTo(!moved.contains(name)));
    }
  }

  @Test
  void resumingIsAsIfItHadNeverStopped(@TempDir Path folder) throws IOException {
    for (Contrastive mixture : List.of(MIXED, Contrastive.added(ContrastiveForm.SUPCON, 0.1))) {
      IptModel whole = IptModel.create(NANO, TASKS, 1);
      trainer(whole, mixture).trainTo(20, 2, report -> {});

      Path file = folder.resolve(mixture.mixture() + ".safetensors");
      Trainer first = trainer(IptModel.create(NANO, TASKS, 1), mixture);
      first.trainTo(9, 1, report -> {});
      first.save(file, Map.of());
      IptModel resumed = IptModel.create(NANO, TASKS, 99);
      Trainer second = trainer(resumed, mixture);
      second.resume(file);
      assertThat(second.step()).isEqualTo(9);
      second.trainTo(20, 1, report -> {});

      Bits.assertSame(Devices.nd(resumed.values().flat()), Devices.nd(whole.values().flat()));
      assertThat(IptModel.load(file).tasks()).as("a checkpoint is a model, too").isEqualTo(TASKS);
    }
  }

  @Test
  void aCheckpointOfAnotherRunIsRefused(@TempDir Path folder) throws IOException {
    Trainer trainer = trainer(IptModel.create(NANO, TASKS, 1), MIXED);
    Path file = folder.resolve("run.safetensors");
    trainer.save(file, Map.of());
    Trainer other = trainer(IptModel.create(NANO, TASKS, 1), Contrastive.none());
    assertThatThrownBy(() -> other.resume(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "is of another run: contrastive mixture: expected NONE, got OWN_BATCHES; ")
        .hasMessageContaining("; contrastive every: expected 0, got ");
    TrainingPlan plan = plan(TASKS, MIXED);
    Trainer plain = new Trainer(IptModel.create(NANO, TASKS, 1), plan, BATCHES, new Sgd(1e-3));
    assertThatThrownBy(() -> plain.resume(file))
        .hasMessageContaining(
            "updater: expected Sgd, got Adam; updater beta1: expected nothing, got 0.9");
    Path model = folder.resolve("model.safetensors");
    IptModel.create(NANO, TASKS, 1).save(model, Map.of());
    assertThatThrownBy(() -> other.resume(model)).hasMessageContaining("is no checkpoint");
  }

  @Test
  void aSettingThatIsMissingHasItsDefaultAndAnUnknownOneIsNamed(@TempDir Path folder)
      throws IOException {
    Trainer trainer = trainer(IptModel.create(NANO, TASKS, 1), MIXED);
    trainer.trainTo(2, 1, report -> {});
    Path file = folder.resolve("run.safetensors");
    trainer.save(file, Map.of());
    String degradation = ",\"degradation of denoise30\":\"denoise30\"";
    Path without = rewritten(file, degradation, "");
    Trainer second = trainer(IptModel.create(NANO, TASKS, 3), MIXED);
    second.resume(without);
    Bits.assertSame(second.model().values().flat(), trainer.model().values().flat());
    Path more = rewritten(file, degradation, degradation + ",\"dropout\":\"0.1\"");
    assertThatThrownBy(() -> second.resume(more))
        .hasMessageEndingWith("is of another run: dropout: expected nothing, got 0.1");
    Path other = rewritten(file, "\"clipping\":\"0.0\"", "\"clipping\":\"2.0\"");
    assertThatThrownBy(() -> second.resume(other))
        .hasMessageEndingWith("is of another run: clipping: expected 0.0, got 2.0");
  }

  private static Path rewritten(Path file, String part, String instead) throws IOException {
    try (TensorFile tensors = SafeTensors.open(file)) {
      Map<String, String> metadata = new HashMap<>(tensors.metadata());
      metadata.remove("ipt4j.crc32c");
      String settings = metadata.get("ipt4j.training.settings");
      assertThat(settings).contains(part);
      metadata.put("ipt4j.training.settings", settings.replace(part, instead));
      Path target = file.resolveSibling("rewritten.safetensors");
      SafeTensors.write(target, metadata, Tensors.of(tensors));
      return target;
    }
  }

  /** Adam's first step moves each weight against the sign of its gradient's mean. */
  @Test
  void momentsAreSavedByTheNamesAndInTheShapesOfTheirParameters(@TempDir Path folder)
      throws IOException {
    Task task = new Task("denoise30", 1);
    IptConfig config = new IptConfig(4, 12, 3, 4, 1, 1, DecoderForm.MEMORY, 255, false);
    IptModel model = IptModel.create(config, List.of(task), 1);
    ParameterVector before = model.values().copy();
    Trainer trainer =
        new Trainer(model, plan(List.of(task), Contrastive.none()), BATCHES, new Adam(1e-3));
    trainer.trainTo(1, 1, report -> {});
    Path file = folder.resolve("run.safetensors");
    trainer.save(file, Map.of());
    try (TensorFile tensors = SafeTensors.open(file)) {
      for (Parameter parameter : before.layout().parameters()) {
        String name = "training.moments.M." + parameter.name();
        assertThat(tensors.shape(name)).isEqualTo(parameter.shape());
        float[] means = tensors.read(name);
        float[] from = before.read(parameter);
        float[] to = model.values().read(parameter);
        for (int i = 0; i < means.length; i++) {
          if (Math.abs(means[i]) > 1e-6) {
            assertThat(Math.signum(from[i] - to[i])).as(name).isEqualTo(Math.signum(means[i]));
          }
        }
      }
    }
  }

  @Test
  void weightsThatAreNotFiniteAreNotSaved(@TempDir Path folder) {
    Trainer trainer =
        new Trainer(
            IptModel.create(NANO, TASKS, 1),
            plan(TASKS, Contrastive.none()),
            BATCHES,
            new Sgd(1e300));
    trainer.trainTo(1, 1, report -> {});
    assertThatThrownBy(() -> trainer.save(folder.resolve("run.safetensors"), Map.of()))
        .isInstanceOf(TrainingException.class)
        .hasMessage("step 1: weights that are not finite are not saved");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void batchesMayDifferInSize() {
    BatchSource source =
        (task, step) -> {
          PatchBatch batch = BATCHES.batch(task, step);
          int count = step % 2 == 0 ? batch.count() : 1;
          return new PatchBatch(
              count,
              batch.side(),
              batch.scale(),
              Arrays.copyOf(batch.degraded(), batch.degraded().length / batch.count() * count),
              Arrays.copyOf(batch.clean(), batch.clean().length / batch.count() * count));
        };
    IptModel model = IptModel.create(NANO, TASKS, 1);
    List<Integer> counts = new ArrayList<>();
    new Trainer(model, plan(TASKS, Contrastive.none()), source, new Adam(1e-3))
        .trainTo(4, 1, report -> counts.add(report.images()));
    assertThat(counts).containsExactly(4, 1, 4, 1);
  }

  @Test
  void anotherNumberOfThreadsGoesOnToTheBit(@TempDir Path folder) throws IOException {
    IptModel whole = IptModel.create(NANO, TASKS, 1);
    Trainer first = trainer(whole, Contrastive.none());
    first.trainTo(3, 1, report -> {});
    Path file = folder.resolve("run.safetensors");
    first.save(file, Map.of());
    first.trainTo(6, 1, report -> {});

    int threads = Workers.count();
    IptModel resumed = IptModel.create(NANO, TASKS, 1);
    try {
      Workers.limit(1);
      Trainer second = trainer(resumed, Contrastive.none());
      second.resume(file);
      second.trainTo(6, 1, report -> {});
    } finally {
      Workers.limit(threads);
    }
    Bits.assertSame(Devices.nd(resumed.values().flat()), Devices.nd(whole.values().flat()));
  }

  @Test
  void anUpdaterWithoutMomentsResumesToo(@TempDir Path folder) throws IOException {
    IptModel model = IptModel.create(NANO, TASKS, 1);
    TrainingPlan plan = plan(TASKS, MIXED);
    Trainer trainer = new Trainer(model, plan, BATCHES, new Sgd(1e-5));
    trainer.trainTo(3, 1, report -> {});
    Path file = folder.resolve("run.safetensors");
    trainer.save(file, Map.of());
    INDArray saved = Devices.nd(model.values().flat()).dup();
    trainer.trainTo(5, 1, report -> {});
    assertThat(Bits.areSame(Devices.nd(model.values().flat()), saved)).isFalse();
    trainer.resume(file);
    Bits.assertSame(Devices.nd(model.values().flat()), saved);
    assertThat(trainer.step()).isEqualTo(3);
  }

  @Test
  void aLossThatIsNotFiniteStopsTheRunBeforeTheWeightsMove() {
    IptModel model = IptModel.create(NANO, TASKS, 1);
    BatchSource broken =
        (task, step) -> {
          PatchBatch batch = BATCHES.batch(task, step);
          if (step == 2) {
            batch.degraded()[7] = Float.NaN;
          }
          return batch;
        };
    Trainer trainer = new Trainer(model, plan(TASKS, Contrastive.none()), broken, new Adam(1e-3));
    trainer.trainTo(2, 1, report -> {});
    INDArray before = Devices.nd(model.values().flat()).dup();
    assertThatThrownBy(() -> trainer.trainTo(5, 1, report -> {}))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("step 2")
        .hasMessageContaining("the L1 loss is NaN");
    Bits.assertSame(Devices.nd(model.values().flat()), before);
    assertThat(trainer.step()).isEqualTo(2);
  }

  @Test
  void tooLittleMemorySaysWhatToLower() {
    TaskLayers greedy =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            return (tape, x) -> {
              throw new RuntimeException("std::bad_alloc"); // as ND4J does
            };
          }
        };
    IptModel model = IptModel.create(NANO, TASKS, greedy, 1);
    Trainer trainer = new Trainer(model, plan(TASKS, MIXED), BATCHES, new Adam(1e-3));
    assertThatThrownBy(() -> trainer.trainTo(1, 1, report -> {}))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("out of memory with a batch of 4 in 1 parts")
        .hasMessageContaining("lower the batch size");
  }

  @Test
  void stagedBatchesGiveTheSameWeightsAndEnd(@TempDir Path folder) throws IOException {
    TrainingOptions parts = TrainingOptions.PUBLISHED.accumulated(2);
    List<IptModel> models = new ArrayList<>();
    StagingDevice staging = new StagingDevice(Integer.MAX_VALUE);
    for (Device device : List.of(Device.plain(Precision.FLOAT), staging)) {
      IptModel model = IptModel.create(NANO, TASKS, 1).on(device);
      Contrastive added = Contrastive.added(ContrastiveForm.PAPER, 0.1);
      Trainer trainer = new Trainer(model, plan(TASKS, added), BATCHES, new Adam(1e-3), parts);
      trainer.trainTo(4, 2, report -> {});
      trainer.saveGradients(folder.resolve("gradients.safetensors"));
      models.add(model);
    }
    Bits.assertSame(
        Devices.nd(models.get(1).values().flat()), Devices.nd(models.get(0).values().flat()));
    assertThat(staging.all()).isBetween(2 * 4 + 2, 2 * (4 + 4) + 2);
    assertThat(staging.open()).isZero();
  }

  /** With the same layers computed twice, and with both kinds of batches. */
  @Test
  void nothingIsReadBeforeItIsWrittenOrAfterItHasEnded() {
    for (boolean recompute : new boolean[] {false, true}) {
      TrainingOptions options = TrainingOptions.PUBLISHED.accumulated(2).averaged(0.9).clipped(1);
      List<IptModel> models = new ArrayList<>();
      for (Device device : List.of(Device.of(Precision.FLOAT), new PoisoningDevice())) {
        IptModel model = IptModel.create(NANO, TASKS, 1).on(device);
        Trainer trainer =
            new Trainer(
                model, plan(TASKS, MIXED), BATCHES, new Adam(1e-3), options.recomputed(recompute));
        trainer.trainTo(6, 1, report -> {});
        models.add(model);
      }
      Bits.assertSame(
          Devices.nd(models.get(1).values().flat()), Devices.nd(models.get(0).values().flat()));
    }
  }

  @Test
  void stagedBatchesEndAfterAFailureToo() {
    StagingDevice device = new StagingDevice(13); // and none for the clean patches of step 6
    IptModel model = IptModel.create(NANO, TASKS, 1).on(device);
    Trainer trainer = trainer(model, Contrastive.none());
    assertThatThrownBy(() -> trainer.trainTo(50, 1, report -> {}))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("step 6, task ")
        .hasMessageContaining("out of memory with a batch of 4 in 1 parts (no memory to stage)");
    assertThat(trainer.step()).isEqualTo(6);
    assertThat(device.open()).isZero();
  }

  @Test
  void aDl4jIteratorIsASource() {
    Task task = new Task("denoise30", 1);
    IptModel direct = IptModel.create(NANO, List.of(task), 1);
    IptModel iterated = IptModel.create(NANO, List.of(task), 1);
    TrainingPlan plan = plan(List.of(task), Contrastive.none());
    new Trainer(direct, plan, BATCHES, new Adam(1e-3)).trainTo(4, 1, report -> {});
    PatchIterator iterator = new PatchIterator(k -> BATCHES.batch(task, k), 0, 4);
    BatchSource source = BatchSource.of(Map.of(task, new DataSetBatches(iterator)));
    new Trainer(iterated, plan, source, new Adam(1e-3)).trainTo(4, 1, report -> {});
    Bits.assertSame(Devices.nd(iterated.values().flat()), Devices.nd(direct.values().flat()));
  }

  private static Trainer trainer(IptModel model, Contrastive contrastive) {
    return new Trainer(model, plan(TASKS, contrastive), BATCHES, new Adam(1e-3));
  }

  private static TrainingPlan plan(List<Task> tasks, Contrastive contrastive) {
    return TrainingPlan.equally(5, tasks, contrastive);
  }

  private static Map<String, INDArray> ranges(IptModel model) {
    Map<String, INDArray> copies = new HashMap<>();
    for (ParameterLayout.Range range : model.values().layout().ranges()) {
      copies.put(range.name(), Devices.nd(model.values().range(range)).dup());
    }
    return copies;
  }
}
