package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {
  private static ProgressLines lines(Duration left) {
    Map<String, Double> losses = new LinkedHashMap<>();
    losses.put("x2", 4.123);
    losses.put("x3", 5.2);
    losses.put("x4", 6.31);
    losses.put("denoise30", 6.1);
    losses.put("denoise50", 18.22);
    losses.put("derain", 3.31);
    losses.put("contrastive", 1.75);
    return new ProgressLines("pretrain", 1220, 2000, losses, 5e-4, 24.12, left);
  }

  @Test
  void theFirstLineSaysHowFarTheRunIs() {
    assertThat(lines(Duration.ofSeconds(3725)).first(85))
        .isEqualTo(
            "pretrain  61% [==========>      ] 1220/2000, 1:02:05 left, 24.1 images/s, rate 5.0e-4");
    assertThat(lines(null).first(79)).contains("1220/2000, ? left").hasSize(79);
    assertThat(lines(Duration.ZERO).first(60))
        .isEqualTo("pretrain  61%  1220/2000, 0:00:00 left, 24.1 images/s, rate ");
  }

  @Test
  void theSecondLineShortensNamesToWhatFits() {
    ProgressLines lines = lines(Duration.ZERO);
    assertThat(lines.second(120))
        .isEqualTo(
            "loss x2 4.12  x3 5.20  x4 6.31  denoise30 6.10  denoise50 18.2  derain 3.31"
                + "  contrastive 1.75");
    assertThat(lines.second(79))
        .isEqualTo(
            "loss x2 4.12  x3 5.20  x4 6.31  de~30 6.10  de~50 18.2  de~in 3.31  co~ve 1.75");
    assertThat(lines.second(40)).hasSize(40);
  }

  @Test
  void aFinishedRunIsAFullBar() {
    ProgressLines done =
        new ProgressLines("pretrain", 5, 5, Map.of(), 1e-12, 3, Duration.ofHours(30));
    assertThat(done.first(79))
        .contains("pretrain 100% [===")
        .contains("==] 5/5, 30:00:00 left")
        .endsWith("rate 1.0e-12");
  }
}
