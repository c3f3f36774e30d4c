package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Whether a trained model errs more where tiles begin and end than elsewhere. Of each image the
 * logarithm of the ratio of both mean squared errors is taken; without seams its mean over images
 * is zero but for its own standard error.
 */
class SeamsTest {
  private static final int IMAGES = 24;
  private static final int HEIGHT = 60;
  private static final int WIDTH = 75;
  private static final Task TASK = new Task("denoise50", 1);

  private static IptModel model;

  @BeforeAll
  static void train() {
    model = IptModel.create(IptConfig.preset("nano"), List.of(TASK), 1);
    ImageSource images = ImageSource.cached(new DeadLeaves(1, 20, 64, 64), 1 << 20);
    BatchSource batches = BatchSource.degrading(images, List.of(TASK), new PatchOptions(8, 12, 1));
    TrainingPlan plan = TrainingPlan.equally(1, List.of(TASK), Contrastive.none());
    new Trainer(model, plan, batches, new Adam(3e-3)).trainTo(250, 1, report -> {});
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 6})
  void theErrorAtTilesEdgesIsNotLarger(int overlap) {
    double[] excess = excess(overlap);
    assertThat(excess[0]).isLessThan(2 * excess[1]);
  }

  /** The test can tell: tiles that are laid side by side do show. */
  @Test
  void withoutOverlapItIsLarger() {
    double[] excess = excess(0);
    assertThat(excess[0]).isGreaterThan(3 * excess[1]);
  }

  // the mean log ratio over images, and its standard error
  private static double[] excess(int overlap) {
    ImageRestorer restorer = new ImageRestorer(model).overlapping(overlap).inBatchesOf(64);
    DeadLeaves images = new DeadLeaves(2, IMAGES, HEIGHT, WIDTH);
    boolean[] rows = edges(HEIGHT, overlap);
    boolean[] columns = edges(WIDTH, overlap);
    double sum = 0;
    double squares = 0;
    double before = 0;
    double after = 0;
    for (int i = 0; i < IMAGES; i++) {
      Image clean = images.image(i);
      Image degraded = Degradation.parse(TASK.name()).apply(clean, Randomness.at(3, i)).quantised();
      double[] errors = errors(restorer.restore(TASK, degraded), clean, rows, columns);
      double[] noise = errors(degraded, clean, rows, columns);
      before += noise[1];
      after += errors[1];
      double ratio = Math.log(errors[0] / errors[1]);
      sum += ratio;
      squares += ratio * ratio;
    }
    assertThat(after).as("the model has learned something").isLessThan(0.5 * before);
    double mean = sum / IMAGES;
    return new double[] {mean, Math.sqrt((squares / IMAGES - mean * mean) / (IMAGES - 1))};
  }

  // mean squared, at edges and elsewhere
  private static double[] errors(Image image, Image clean, boolean[] rows, boolean[] columns) {
    double[] sums = new double[2];
    int[] counts = new int[2];
    for (int c = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          double difference = image.at(c, y, x) - clean.at(c, y, x);
          int zone = rows[y] || columns[x] ? 0 : 1;
          sums[zone] += difference * difference;
          counts[zone]++;
        }
      }
    }
    return new double[] {sums[0] / counts[0], sums[1] / counts[1]};
  }

  // pixels on both sides of where a tile begins or ends within the image
  private static boolean[] edges(int length, int overlap) {
    int side = model.config().imageSide();
    boolean[] edge = new boolean[length];
    for (int start = 0; start < length - overlap; start += side - overlap) {
      int from = Math.min(start, length - side);
      for (int at : new int[] {from, from + side}) {
        if (at > 0 && at < length) {
          edge[at - 1] = true;
          edge[at] = true;
        }
      }
    }
    return edge;
  }
}
