package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Bits;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

/** Each option does what it says: mostly as an equality with what can be computed without it. */
class TrainingOptionsTest {
  private static final TrainingOptions PUBLISHED = TrainingOptions.PUBLISHED;
  private static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));
  private static final BatchSource BATCHES =
      BatchSource.degrading(new DeadLeaves(1, 5, 64, 64), TASKS, new PatchOptions(4, 12, 1));
  private static final TrainingPlan PLAN = TrainingPlan.equally(5, TASKS, Contrastive.none());

  private final List<StepReport> reports = new ArrayList<>();

  @Test
  void halfBatchesAccumulatedAreAWholeOne() {
    INDArray whole = trained(3, new Sgd(1e-2), PUBLISHED);
    INDArray halves = trained(3, new Sgd(1e-2), PUBLISHED.accumulated(2));
    assertClose(halves, whole, 1e-5);
    assertThat(reports.get(3).loss()).isCloseTo(reports.get(0).loss(), within(1e-4));
    assertThatThrownBy(() -> trained(1, new Sgd(1), PUBLISHED.accumulated(5)))
        .hasMessageContaining("a batch of 4 is cut into 1 to 4 parts, got 5");
  }

  @Test
  void recomputedLayersTrainToTheBitWhatKeptOnesDo() {
    INDArray kept = trained(4, new Adam(1e-3), PUBLISHED);
    Bits.assertSame(trained(4, new Adam(1e-3), PUBLISHED.recomputed(true)), kept);
  }

  @Test
  void clippedGradientsHaveTheNormAskedFor() {
    INDArray free = trained(1, new Sgd(1), PUBLISHED);
    double norm = reports.get(0).gradientNorm();
    INDArray start = flat(model());
    assertThat(free.sub(start).norm2Number().doubleValue())
        .as("with SGD at a rate of 1 a step is its gradient")
        .isCloseTo(norm, within(1e-3 * norm));
    INDArray clipped = trained(1, new Sgd(1), PUBLISHED.clipped(norm / 4));
    assertClose(clipped.sub(start), free.sub(start).muli(0.25), 1e-3 * norm);
    Bits.assertSame(trained(1, new Sgd(1), PUBLISHED.clipped(2 * norm)), free);
  }

  @Test
  void averagedWeightsAreTheMovingAverageOfTheWeights(@TempDir Path folder) throws IOException {
    IptModel model = model();
    Trainer trainer = new Trainer(model, PLAN, BATCHES, new Adam(1e-2), PUBLISHED.averaged(0.25));
    INDArray expected = flat(model).dup();
    for (int step = 0; step < 6; step++) {
      trainer.trainTo(step + 1, 1, reports::add);
      double decay = Math.min(0.25, (1.0 + step) / (10 + step)); // from step 2 on it is 0.25
      expected = expected.mul(decay).addi(flat(model).mul(1 - decay));
      assertClose(flat(trainer.model()), expected, 1e-6);
    }
    assertThat(expected.distance1(flat(model))).isGreaterThan(0.1);

    Path file = folder.resolve("run.safetensors");
    trainer.save(file, Map.of());
    Bits.assertSame(flat(IptModel.load(file)), flat(trainer.model()));
    IptModel other = model();
    Trainer resumed = new Trainer(other, PLAN, BATCHES, new Adam(1e-2), PUBLISHED.averaged(0.25));
    resumed.resume(file);
    trainer.trainTo(9, 1, reports::add);
    resumed.trainTo(9, 1, reports::add);
    Bits.assertSame(flat(other), flat(model));
    Bits.assertSame(flat(resumed.model()), flat(trainer.model()));
  }

  @Test
  void decayShrinksMatricesAndNothingElse() {
    IptModel plain = model();
    new Trainer(plain, PLAN, BATCHES, new Sgd(1e-3), PUBLISHED).trainTo(1, 1, reports::add);
    IptModel start = model();
    IptModel decayed = model();
    new Trainer(decayed, PLAN, BATCHES, new Sgd(1e-3), PUBLISHED.decayed(20))
        .trainTo(1, 1, reports::add);
    Task task = PLAN.task(0);
    List<ParameterLayout.Range> ranges = new ArrayList<>(start.trunk(task));
    ranges.add(start.tail(task));
    ParameterVector expected = plain.copy().values();
    for (Parameter parameter : start.values().layout().parameters()) {
      boolean matrix = parameter.shape().length > 1;
      if (matrix && ranges.stream().anyMatch(range -> range.contains(parameter))) {
        float[] weights = start.values().read(parameter);
        float[] moved = expected.read(parameter);
        for (int i = 0; i < moved.length; i++) {
          moved[i] -= weights[i] * 20 * 1e-3f;
        }
        expected.write(parameter, moved);
      }
    }
    assertClose(flat(decayed), Devices.nd(expected.flat()), 1e-6);
    assertThat(flat(decayed).distance1(flat(plain))).isGreaterThan(1);
  }

  @Test
  void aFrozenBodyRestsWhileItsTasksTrain() {
    IptModel start = model();
    IptModel model = model();
    new Trainer(model, PLAN, BATCHES, new Adam(1e-2), PUBLISHED.frozen(true))
        .trainTo(8, 1, reports::add);
    Bits.assertSame(model.values().range(model.body()), start.values().range(model.body()));
    for (Task task : TASKS) {
      ParameterLayout.Range trunk = model.trunk(task).get(1);
      assertThat(Bits.areSame(model.values().range(trunk), start.values().range(trunk)))
          .as("head and embedding of %s rest", task.name())
          .isFalse();
    }
  }

  @Test
  void theLossIsTheOneChosen() {
    trained(1, new Sgd(1e-9), PUBLISHED);
    trained(1, new Sgd(1e-9), PUBLISHED.with(TrainingOptions.Loss.CHARBONNIER));
    // |d| < √(d² + ε²) < |d| + ε, ε = 0.255
    assertThat(reports.get(1).loss())
        .isBetween(reports.get(0).loss() + 1e-4, reports.get(0).loss() + 0.255);
  }

  /** An untrained network with input residual gives back what it gets. */
  @Test
  void charbonniersEpsilonIsAThousandthOfWhite() {
    Task task = TASKS.get(1);
    IptModel identity = IptModel.create(IptConfig.preset("nano"), List.of(task), 1);
    float[] degraded = new float[4 * 3 * 12 * 12];
    float[] clean = new float[degraded.length];
    double expected = 0;
    for (int i = 0; i < degraded.length; i++) {
      degraded[i] = i % 200;
      double difference = 0.2 * (i % 3);
      clean[i] = (float) (degraded[i] + difference);
      expected += Math.hypot(difference, 0.255) / degraded.length;
    }
    PatchBatch batch = new PatchBatch(4, 12, 1, degraded, clean);
    TrainingPlan plan = TrainingPlan.equally(5, List.of(task), Contrastive.none());
    new Trainer(
            identity,
            plan,
            (t, step) -> batch,
            new Sgd(1e-9),
            PUBLISHED.with(TrainingOptions.Loss.CHARBONNIER))
        .trainTo(1, 1, reports::add);
    assertThat(reports.get(0).loss()).isCloseTo(expected, within(1e-4));
  }

  @Test
  void impossibleOptionsAreRefused() {
    assertThatThrownBy(() -> PUBLISHED.averaged(1)).hasMessageContaining("got 0.0, 1, 1.0");
    assertThatThrownBy(() -> PUBLISHED.clipped(-1)).hasMessageContaining("clipping >= 0");
    assertThatThrownBy(() -> PUBLISHED.accumulated(0)).hasMessageContaining("accumulation >= 1");
    assertThatThrownBy(() -> PUBLISHED.decayed(Double.NaN)).hasMessageContaining("NaN");
  }

  @Test
  void contrastiveBatchesAreAccumulatedToo() {
    TrainingPlan plan =
        TrainingPlan.equally(5, TASKS, Contrastive.added(ContrastiveForm.PAPER, 0.1));
    Trainer trainer = new Trainer(model(), plan, BATCHES, new Sgd(1e-3), PUBLISHED.accumulated(2));
    trainer.trainTo(1, 1, reports::add);
    assertThat(reports.get(0).contrastive()).isFinite();
  }

  /** A network without input residual, whose every part learns from the first step on. */
  private static IptModel model() {
    IptConfig nano = IptConfig.preset("nano");
    IptConfig config =
        new IptConfig(
            nano.features(),
            nano.imageSide(),
            nano.patchSide(),
            nano.attentionHeads(),
            nano.encoderLayers(),
            nano.decoderLayers(),
            nano.decoderForm(),
            nano.rgbRange(),
            false);
    return IptModel.create(config, TASKS, 1);
  }

  private INDArray trained(
      int steps, org.nd4j.linalg.learning.config.IUpdater updater, TrainingOptions options) {
    IptModel model = model();
    new Trainer(model, PLAN, BATCHES, updater, options).trainTo(steps, 1, reports::add);
    return flat(model);
  }

  private static INDArray flat(IptModel model) {
    return Devices.nd(model.values().flat());
  }

  private static void assertClose(INDArray actual, INDArray expected, double tolerance) {
    assertThat(actual.sub(expected).normmaxNumber().doubleValue()).isLessThan(tolerance);
  }
}
