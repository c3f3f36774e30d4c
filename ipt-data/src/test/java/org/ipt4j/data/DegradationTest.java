package org.ipt4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DegradationTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x2",
        "x3",
        "x4",
        "x8",
        "denoise30",
        "denoise50",
        "denoise:sigma=0..50",
        "denoise:sigma=12.5",
        "derain",
        "derain:heavy",
        "derain:mixed"
      })
  void keepsTheContract(String name) {
    Degradation degradation = Degradation.parse(name);
    assertThat(degradation.name()).isEqualTo(name);
    assertThat(Degradation.parse(degradation.name())).isEqualTo(degradation);

    Image clean = new DeadLeaves(1, 1, 67, 53).image(0);
    Image copy = new Image(67, 53, clean.pixels().clone());
    Image degraded = degradation.apply(clean, Randomness.at(7));
    assertThat(clean).as("the clean image is left alone").isEqualTo(copy);
    assertThat(degraded.height()).isEqualTo(67 / degradation.scale());
    assertThat(degraded.width()).isEqualTo(53 / degradation.scale());
    for (float value : degraded.pixels()) {
      assertThat(value).isBetween(0f, 255f);
    }
    assertThat(degradation.apply(clean, Randomness.at(7)))
        .as("a function of image and generator")
        .isEqualTo(degraded);
  }

  @ParameterizedTest
  @CsvSource({
    "denoise:sigma=30, denoise30",
    "denoise, denoise:sigma=0..50",
    "derain:light, derain",
    "'derain:heavy,directions=1,length=20',"
        + " 'derain:directions=1,density=1..2.2,angle=-40..40,length=20,thickness=0.5..1.2,intensity=50..160'"
  })
  void namesAreCanonical(String name, String canonical) {
    assertThat(Degradation.parse(name).name()).isEqualTo(canonical);
    assertThat(Degradation.parse(canonical)).isEqualTo(Degradation.parse(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "sharpen", "x2x", "denoise 30", "derain5", "x99999999999"})
  void unknownNamesListTheKnownOnesInOneLine(String name) {
    assertThatThrownBy(() -> Degradation.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no degradation is named '" + name + "'; there are x2, x3, x4")
        .hasMessageContaining("denoise30")
        .hasMessageContaining("derain:heavy")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource({
    "x5, 'super-resolution is x2, x3, x4 or x8, got x5'",
    "denoise:sigma=50..0, 'a range runs from low to high, got 50..0'",
    "denoise:sigma=-1, 'the sigma of denoise lies within 0..255, got -1'",
    "denoise:sigma=a, 'denoise:sigma is a number or a range like 0..50, got a'",
    "denoise:tau=1, 'denoise knows no setting [tau]'",
    "'denoise:sigma=1,sigma=2', 'denoise has an empty or repeated setting in ''sigma=1,sigma=2'''",
    "x2:fast, 'x knows no setting fast'",
    "derain:hail, 'derain is light, heavy or mixed, got hail'"
  })
  void settingsAreChecked(String name, String message) {
    assertThatThrownBy(() -> Degradation.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void gaussianNoiseHasItsStatistics() {
    Image gray = Images.constant(128, 128, 128);
    float[] noisy = Degradation.parse("denoise20").apply(gray, Randomness.at(1)).pixels();
    double sum = 0;
    double squares = 0;
    int beyondOneSigma = 0;
    double neighbours = 0;
    for (int i = 0; i < noisy.length; i++) {
      double difference = noisy[i] - 128;
      sum += difference;
      squares += difference * difference;
      beyondOneSigma += Math.abs(difference) > 20 ? 1 : 0;
      neighbours += i == 0 ? 0 : difference * (noisy[i - 1] - 128);
    }
    int n = noisy.length;
    // five standard errors of each
    assertThat(sum / n).isCloseTo(0, within(5 * 20 / Math.sqrt(n)));
    assertThat(Math.sqrt(squares / n)).isCloseTo(20, within(5 * 20 / Math.sqrt(2.0 * n)));
    assertThat((double) beyondOneSigma / n).isCloseTo(0.3173, within(5 * 0.4655 / Math.sqrt(n)));
    assertThat(neighbours / squares).isCloseTo(0, within(5 / Math.sqrt(n)));
  }

  @Test
  void sigmaIsDrawnFromItsRange() {
    Image gray = Images.constant(64, 64, 128);
    Degradation noise = Degradation.parse("denoise:sigma=10..40");
    double least = 99;
    double most = 0;
    for (int i = 0; i < 100; i++) {
      Image noisy = noise.apply(gray, Randomness.at(2, i));
      double sigma = 255 / Math.pow(10, Metrics.psnr(noisy, gray, Metrics.Channels.RGB, 0) / 20);
      least = Math.min(least, sigma);
      most = Math.max(most, sigma);
    }
    assertThat(least).isBetween(9.5, 13.0);
    assertThat(most).isBetween(37.0, 41.0);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 9, 12, 300})
  void poissonNumbersHaveTheirMeanAndVariance(double mean) {
    var random = Randomness.at(3);
    int n = 20_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      int k = Draws.poisson(random, mean);
      sum += k;
      squares += (double) k * k;
    }
    double variance = squares / n - sum / n * sum / n;
    assertThat(sum / n).isCloseTo(mean, within(5 * Math.sqrt(mean / n)));
    // the variance of a sample variance: (2·mean² + mean) / n
    assertThat(variance).isCloseTo(mean, within(5 * Math.sqrt((2 * mean * mean + mean) / n)));
  }

  @Test
  void rainOnlyAddsAndIsTheSameInAllChannels() {
    Image dark = Images.constant(60, 70, 40);
    float[] rain =
        Degradation.parse("derain:intensity=50..200").apply(dark, Randomness.at(5)).pixels();
    int plane = 60 * 70;
    int wet = 0;
    for (int i = 0; i < plane; i++) {
      assertThat(rain[i]).isGreaterThanOrEqualTo(40);
      assertThat(rain[plane + i]).isEqualTo(rain[i]);
      assertThat(rain[2 * plane + i]).isEqualTo(rain[i]);
      wet += rain[i] > 41 ? 1 : 0;
    }
    assertThat(wet).isBetween(plane / 50, plane / 2);
  }

  /** A single direction: shifted along it the layer resembles itself, across it does not. */
  @ParameterizedTest
  @ValueSource(ints = {-40, 0, 25})
  void rainFallsAtItsAngle(int angle) {
    Image black = Images.constant(200, 200, 0);
    Degradation rain = Degradation.parse("derain:density=1,length=40,intensity=100,angle=" + angle);
    float[] layer = rain.apply(black, Randomness.at(6)).pixels();
    int best = 0;
    double highest = 0;
    for (int shift = -15; shift <= 15; shift++) {
      double product = 0;
      for (int y = 0; y < 185; y++) {
        for (int x = 15; x < 185; x++) {
          product += layer[y * 200 + x] * layer[(y + 15) * 200 + x + shift];
        }
      }
      if (product > highest) {
        highest = product;
        best = shift;
      }
    }
    assertThat(best).isCloseTo((int) Math.round(15 * Math.tan(Math.toRadians(angle))), within(1));
  }

  /** What {@link RainStreaks} says its presets leave. */
  @ParameterizedTest
  @CsvSource({"derain, 27.5, 1", "derain:heavy, 13.5, 1"})
  void rainPresetsLeaveTheDocumentedPsnr(String name, double psnr, double tolerance)
      throws Exception {
    ImageSource photographs = ImageSource.open(Shared.data("BSDS500-train358"));
    Degradation rain = Degradation.parse(name);
    double sum = 0;
    for (int i = 0; i < 40; i++) {
      Image clean = photographs.image(i);
      sum += Metrics.psnr(rain.apply(clean, Randomness.at(8, i)), clean, Metrics.Channels.RGB, 0);
    }
    assertThat(sum / 40).isCloseTo(psnr, within(tolerance));
  }
}
