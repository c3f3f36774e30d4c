package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.Bits;
import org.ipt4j.core.Devices;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.TrainingOptions.Loss;
import org.ipt4j.transformer.DecoderForm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Two files that version 0.1.0 wrote before settings had names: a checkpoint after 6 steps, and the
 * weights that the same run had after 9.
 */
class OldCheckpointTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path CHECKPOINT = GOLDEN.resolve("checkpoint-0.safetensors");
  private static final Task X2 = new Task("x2", 2);
  private static final Task DENOISE = new Task("denoise:sigma=0..55", 1);
  private static final BatchSource BATCHES =
      BatchSource.degrading(
          new DeadLeaves(1, 5, 64, 64), List.of(X2, DENOISE), new PatchOptions(4, 4, 1));
  private static final TrainingOptions OPTIONS =
      new TrainingOptions(Loss.CHARBONNIER, 2.5, 2, 0.9, 0.01, false, false);

  private final IptModel model =
      IptModel.create(
          new IptConfig(1, 4, 2, 2, 1, 1, DecoderForm.MEMORY, 255, true), List.of(X2, DENOISE), 99);

  /** Steps move a weight by up to 1e-2: moments in another order would be far off. */
  @Test
  void goesOnToTheWeightsThatItWouldHaveHad() throws IOException {
    Trainer trainer = trainer(5, OPTIONS);
    trainer.resume(CHECKPOINT);
    assertThat(trainer.step()).isEqualTo(6);
    trainer.trainTo(9, 1, report -> {});
    IptModel expected = IptModel.load(GOLDEN.resolve("model-after-9-steps.safetensors"));
    assertThat(
            Devices.nd(model.values().flat())
                .sub(Devices.nd(expected.values().flat()))
                .normmaxNumber()
                .doubleValue())
        .isLessThan(1e-5);
  }

  @Test
  void goesOnToTheBitAlsoThroughACheckpointOfToday(@TempDir Path folder) throws IOException {
    Trainer direct = trainer(5, OPTIONS.recomputed(true));
    direct.resume(CHECKPOINT);
    Path today = folder.resolve("today.safetensors");
    direct.save(today, Map.of());
    direct.trainTo(9, 1, report -> {});
    IptModel after = model.copy();
    Trainer again = trainer(5, OPTIONS);
    again.resume(today);
    assertThat(again.step()).isEqualTo(6);
    again.trainTo(9, 1, report -> {});
    Bits.assertSame(Devices.nd(model.values().flat()), Devices.nd(after.values().flat()));
    Bits.assertSame(again.model().values().flat(), direct.model().values().flat());
  }

  @Test
  void otherSettingsAreNamed() {
    assertThatThrownBy(() -> trainer(6, OPTIONS.clipped(0)).resume(CHECKPOINT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith(
            "is of another run: seed: expected 6, got 5; clipping: expected 0.0, got 2.5");
  }

  private Trainer trainer(long seed, TrainingOptions options) {
    Map<Task, Double> weights = new LinkedHashMap<>();
    weights.put(X2, 1.0);
    weights.put(DENOISE, 2.5);
    TrainingPlan plan =
        new TrainingPlan(seed, weights, Contrastive.ownBatches(ContrastiveForm.SUPCON, 3, 0.1));
    return new Trainer(model, plan, BATCHES, new Adam(1e-2), options);
  }
}
