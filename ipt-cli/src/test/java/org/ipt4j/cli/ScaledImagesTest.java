package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageSource;
import org.junit.jupiter.api.Test;

class ScaledImagesTest {
  private static final ImageSource IMAGES = new DeadLeaves(1, 2, 35, 20);

  @Test
  void everyImageIsThereAtEverySize() throws Exception {
    ImageSource scaled = new ScaledImages(IMAGES, List.of(1.0, 0.6, 0.5));
    assertThat(scaled.size()).isEqualTo(6);
    assertThat(scaled.image(1)).isEqualTo(IMAGES.image(1));
    assertThat(scaled.image(2)).isEqualTo(Bicubic.scaled(IMAGES.image(0), 0.6));
    assertThat(scaled.image(5)).isEqualTo(Bicubic.scaled(IMAGES.image(1), 0.5));
    assertThat(scaled.image(3).height()).isEqualTo(21);
    assertThat(scaled.name(1)).isEqualTo(IMAGES.name(1));
    assertThat(scaled.name(3)).isEqualTo(IMAGES.name(1) + " at 0.6");
  }

  @Test
  void sizesThatAreNoneAreRefused() {
    for (List<Double> scales :
        List.of(List.<Double>of(), List.of(1.0, 0.0), List.of(1.5), List.of(Double.NaN))) {
      assertThatThrownBy(() -> new ScaledImages(IMAGES, scales))
          .hasMessage("--image-scales: expected numbers above 0 and at most 1, got " + scales);
    }
  }
}
