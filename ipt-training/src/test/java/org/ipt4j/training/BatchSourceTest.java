package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.batch.PatchBatch;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;

class BatchSourceTest {
  private static final ImageSource IMAGES = new DeadLeaves(1, 3, 32, 32);
  private static final PatchOptions OPTIONS = new PatchOptions(2, 8, 1);
  private static final Task NEGATIVE = new Task("negative", 1);

  /** A degradation that has no name known to the library. */
  private static final Degradation INVERTED =
      new Degradation() {
        @Override
        public Image apply(Image clean, RandomGenerator random) {
          float[] pixels = clean.pixels();
          float[] inverted = new float[pixels.length];
          for (int i = 0; i < pixels.length; i++) {
            inverted[i] = 255 - pixels[i];
          }
          return new Image(clean.height(), clean.width(), inverted);
        }

        @Override
        public String name() {
          return "negative";
        }
      };

  @Test
  void degradesInOnesOwnWay() throws Exception {
    BatchSource source =
        BatchSource.degrading(
            IMAGES, Map.of(NEGATIVE, INVERTED), task -> OPTIONS, new SkippedImages());

    PatchBatch batch = source.batch(NEGATIVE, 5);

    for (int i = 0; i < batch.clean().length; i++) {
      assertThat(batch.degraded()[i]).isEqualTo(255 - batch.clean()[i]);
    }
    Validation validation = Validation.degrading(IMAGES, Map.of(NEGATIVE, INVERTED), 16, 1);
    assertThat(validation.isEmpty()).isFalse();
  }

  @Test
  void aTaskIsDegradedAsItSaysAndNotAsItIsCalled() {
    Task noisy = new Task("grainy", 1, "denoise:sigma=0", "");

    PatchBatch batch = BatchSource.degrading(IMAGES, List.of(noisy), OPTIONS).batch(noisy, 0);

    assertThat(batch.degraded()).isEqualTo(batch.clean());
  }

  @Test
  void refusesADegradationOfAnotherScale() {
    Task wrong = new Task("x2", 3);
    String message = "task x2 enlarges by 3, but its degradation x2 shrinks by 2";

    assertThatThrownBy(() -> BatchSource.degrading(IMAGES, List.of(wrong), OPTIONS))
        .hasMessage(message);
    assertThatThrownBy(() -> Validation.degrading(IMAGES, List.of(wrong), 16, 1))
        .hasMessage(message);
  }

  @Test
  void refusesPairsOfAnotherScale() {
    PairSource pairs = PairSource.degrading(IMAGES, Degradation.parse("x4"), 1);
    assertThatThrownBy(() -> Validation.pairs(pairs, new Task("x2", 2), 16))
        .hasMessage("task x2 is of scale 2, the pairs are of scale 4");
  }

  @Test
  void aTaskWithoutBatchesIsNamed() {
    BatchSource iterated = BatchSource.of(Map.of(new Task("x2", 2), step -> null));
    assertThat(iterated.batch(new Task("x2", 2), 0)).isNull();
    assertThat(iterated.batch(new Task("x2", 2, "x2+denoise4", ""), 0)).as("by name").isNull();
    assertThatThrownBy(() -> iterated.batch(NEGATIVE, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a task with batches: x2; got negative");
  }
}
