package org.ipt4j.pretrained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PretrainedTest {
  @Test
  void itsTasksHaveShortNamesAndSayWhatTheyAreFor() {
    IptModel tiny = Pretrained.tiny();

    assertThat(tiny.tasks())
        .extracting(Task::name)
        .containsExactly("x2", "x3", "x4", "denoise", "jpeg", "derain", "photo-x2", "photo-x4");
    assertThat(tiny.tasks()).allSatisfy(task -> assertThat(task.use()).isNotEmpty());
    assertThat(tiny.tasks())
        .allSatisfy(
            task ->
                assertThat(Degradation.parse(task.degradation()).scale()).isEqualTo(task.scale()));
    assertThat(tiny.task("denoise:sigma=30").name()).isEqualTo("denoise");
  }

  /** Each task has to improve on its input on a picture that no training has seen. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x2",
        "x3",
        "x4",
        "denoise15",
        "denoise50",
        "jpeg:quality=10",
        "derain",
        "x2+denoise5+jpeg:quality=60",
        "x4+denoise5+jpeg:quality=60"
      })
  void restores(String asked) {
    IptModel tiny = Pretrained.tiny();
    Task task = tiny.task(asked);
    Image clean = discs(96);
    RandomGenerator random = new Random(1);
    Image degraded = Degradation.parse(asked).apply(clean, random).quantised();

    Image restored = new ImageRestorer(tiny).restore(task, degraded);

    Image input = Contender.baseline(task.scale()).restore().apply(degraded);
    double before = Metrics.psnr(input, clean, Metrics.Channels.Y, task.scale());
    assertThat(Metrics.psnr(restored.quantised(), clean, Metrics.Channels.Y, task.scale()))
        .isGreaterThan(before + 0.3);
  }

  /** Coloured discs with hard edges. */
  private static Image discs(int side) {
    float[] pixels = new float[Image.CHANNELS * side * side];
    Random random = new Random(7);
    for (int disc = 0; disc < 40; disc++) {
      double y = random.nextDouble() * side;
      double x = random.nextDouble() * side;
      double radius = 4 + random.nextDouble() * 16;
      for (int c = 0; c < Image.CHANNELS; c++) {
        float level = 255 * random.nextFloat();
        for (int i = 0; i < side * side; i++) {
          if (Math.hypot(i / side - y, i % side - x) < radius) {
            pixels[c * side * side + i] = level;
          }
        }
      }
    }
    return new Image(side, side, pixels);
  }

  @Test
  void everyModelIsOnesOwn() {
    IptModel first = Pretrained.tiny();
    first.values().device().fill(first.values().flat(), 0);

    ParameterVector second = Pretrained.tiny().values();
    assertThat(second.device().absoluteSum(second.flat())).isPositive();
  }

  @Test
  void theFileIsTheOneThatWasMeasured() throws Exception {
    try (InputStream in = Pretrained.open("tiny")) {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(in.readAllBytes());
      assertThat(HexFormat.of().formatHex(hash))
          .isEqualTo("c87d5daf86d1a539e7c0cde2c47f1c7f13e319e6949083bf3c69d27fde78d460");
    }
    assertThatThrownBy(() -> Pretrained.open("huge")).hasMessageContaining("of tiny, got huge");
  }

  @Test
  void thePhotographsAreListed() throws IOException {
    try (InputStream in = Pretrained.class.getResourceAsStream("photographs.tsv")) {
      List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertThat(lines).hasSize(1 + 184);
      assertThat(lines.subList(1, lines.size()))
          .allSatisfy(line -> assertThat(line.split("\t", -1)[6]).isNotBlank());
    }
  }
}
