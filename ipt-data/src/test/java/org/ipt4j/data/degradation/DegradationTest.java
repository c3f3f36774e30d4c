package org.ipt4j.data.degradation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.image.Shared;
import org.ipt4j.data.image.Window;
import org.ipt4j.data.measure.Metrics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DegradationTest {
  static List<String> names() {
    List<String> names = new ArrayList<>(Degradation.known());
    names.add("denoise:sigma=12.5");
    names.add("x2+denoise30");
    names.add("denoise:sigma=0..50|derain|deblur:motion,length=9");
    names.add("deblur:gaussian,sigma=1+(x2|x2+denoise30)+jpeg:quality=50");
    names.add("denoise30|(jpeg|derain)");
    names.add("((x2|x2+denoise30)|x2+(jpeg|derain|(dehaze|desnow)))+lowlight");
    return names;
  }

  @ParameterizedTest
  @MethodSource("names")
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
    "derain:mixed, derain",
    "'derain:heavy,directions=1,length=20',"
        + " 'derain:directions=1,density=1..2.2,length=20,thickness=0.5..1.2,intensity=50..160'",
    "jpeg:quality=10..90, jpeg",
    "deblur, deblur:gaussian",
    "inpaint, inpaint:strokes",
    "'desnow:radius=1..2,density=3', 'desnow:density=3,radius=1..2'",
    "((x2)+(denoise30)), x2+denoise30",
    "x2+(denoise30+jpeg), x2+denoise30+jpeg",
    "((jpeg|dehaze))|((desnow+derain)+jpeg|derain), (jpeg|dehaze)|(desnow+derain+jpeg|derain)"
  })
  void namesAreCanonical(String name, String canonical) {
    assertThat(Degradation.parse(name).name()).isEqualTo(canonical);
    assertThat(Degradation.parse(canonical).name()).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "sharpen",
        "x2x",
        "denoise 30",
        "x2+",
        "|x2",
        "(x2",
        "x2)",
        "x99999999999"
      })
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
    "derain5, 'derain knows no setting 5'",
    "denoise30:sigma=5, 'denoise knows no setting [sigma]'",
    "jpeg:quality=9.5, 'the quality of jpeg is a whole number, got 9.5'",
    "inpaint:words, 'inpaint is boxes, strokes or pixels, got words'",
    "deblur:lens, 'deblur is gaussian or motion, got lens'",
    "x2|x3, 'a choice is among degradations of one scale, got x2 of 2 and x3 of 3'",
    "derain:hail, 'derain is light, heavy or mixed, got hail'"
  })
  void settingsAreChecked(String name, String message) {
    assertThatThrownBy(() -> Degradation.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void scalesAreLimited() {
    assertThat(Degradation.parse("x8+x8+x8+x2").scale()).isEqualTo(1024);
    for (String name : new String[] {"x8" + "+x8".repeat(10), "(x8+x8)+(x8+x8)"}) {
      assertThatThrownBy(() -> Degradation.parse(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("degradations one after the other shrink by at most 1024, got 4096 or more");
    }
  }

  @Test
  void depthIsLimited() {
    String deep = "(".repeat(16) + "x2" + ")".repeat(16);
    assertThat(Degradation.parse(deep + "+" + deep).scale()).isEqualTo(4);
    for (int depth : new int[] {17, 20_000}) {
      String deeper = "(".repeat(depth) + "x2" + ")".repeat(depth);
      assertThatThrownBy(() -> Degradation.parse(deeper))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a degradation has parentheses up to 16 deep, got more at character 17");
    }
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
  @CsvSource({"derain, 20, 1", "derain:light, 27.5, 1", "derain:heavy, 13.5, 1"})
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

  @Test
  void photonNoiseGrowsWithTheSignal() {
    Degradation noise = Degradation.parse("denoise:poisson,peak=100");
    for (int value : new int[] {20, 100}) {
      Image gray = Images.constant(100, 100, value);
      double psnr =
          Metrics.psnr(noise.apply(gray, Randomness.at(1)), gray, Metrics.Channels.RGB, 0);
      // the variance of value·peak/255 photons, on the scale of values
      assertThat(255 * 255 / Math.pow(10, psnr / 10))
          .isCloseTo(value * 255 / 100.0, withinPercentage(5));
    }
  }

  @Test
  void jpegLosesMoreAtLowerQuality() {
    Image leaves = new DeadLeaves(2, 1, 100, 90).image(0);
    double last = 0;
    for (int quality : new int[] {1, 10, 40, 90, 100}) {
      Image lossy = Degradation.parse("jpeg:quality=" + quality).apply(leaves, Randomness.at(1));
      double psnr = Metrics.psnr(lossy, leaves, Metrics.Channels.Y, 0);
      assertThat(psnr).as("quality " + quality).isGreaterThan(last + 1);
      last = psnr;
    }
  }

  @Test
  void blursSpreadAPointAsTheyShould() {
    float[] pixels = new float[3 * 41 * 41];
    pixels[20 * 41 + 20] = 255;
    Image point = new Image(41, 41, pixels);
    Image gaussian = Degradation.parse("deblur:gaussian,sigma=3").apply(point, Randomness.at(1));
    assertThat(spread(gaussian)).containsExactly(new double[] {0, 0, 9, 9, 0}, within(0.3));
    // a line of 20 pixels at 30° has the variance 20²/12 along it, and bilinear weights add ≤ 1/4
    Image motion =
        Degradation.parse("deblur:motion,length=20,angle=30").apply(point, Randomness.at(1));
    assertThat(spread(motion))
        .containsExactly(new double[] {0, 0, 33.3 / 4, 33.3 * 3 / 4, -33.3 * 0.433}, within(0.3));
  }

  // mean and covariance of where red is, (y, x, yy, xx, yx), from the middle
  private static double[] spread(Image image) {
    double[] sums = new double[5];
    double all = 0;
    for (int y = 0; y < 41; y++) {
      for (int x = 0; x < 41; x++) {
        double value = image.at(0, y, x);
        all += value;
        sums[0] += value * (y - 20);
        sums[1] += value * (x - 20);
        sums[2] += value * (y - 20) * (y - 20);
        sums[3] += value * (x - 20) * (x - 20);
        sums[4] += value * (y - 20) * (x - 20);
      }
    }
    assertThat(all).isCloseTo(255, within(0.1));
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= all;
    }
    return sums;
  }

  @Test
  void hazeLiesBetweenTheImageAndTheAirlight() {
    Image black = Images.constant(30, 40, 0);
    Degradation haze = Degradation.parse("dehaze:beta=1,airlight=0.8");
    Set<Float> levels = new HashSet<>();
    for (float value : haze.apply(black, Randomness.at(1)).pixels()) {
      assertThat(value).isBetween(0f, 204f * (1 - (float) Math.exp(-1)));
      levels.add(value);
    }
    assertThat(levels).as("depth varies").hasSizeGreaterThan(100);
    Image air = Images.constant(30, 40, 204);
    assertThat(Metrics.psnr(haze.apply(air, Randomness.at(1)), air, Metrics.Channels.RGB, 0))
        .isInfinite();
  }

  @Test
  void lowLightIsAPowerAndNoise() {
    Image gray = Images.constant(8, 8, 128);
    Image dark = Degradation.parse("lowlight:gamma=3,sigma=0").apply(gray, Randomness.at(1));
    assertThat(dark.at(1, 3, 3)).isCloseTo(255 * (float) Math.pow(128 / 255.0, 3), within(0.01f));
  }

  @Test
  void snowOnlyBrightensTowardsWhite() {
    Image gray = Images.constant(80, 80, 60);
    float[] snowy = Degradation.parse("desnow").apply(gray, Randomness.at(1)).pixels();
    int covered = 0;
    for (float value : snowy) {
      assertThat(value).isGreaterThanOrEqualTo(60);
      covered += value > 61 ? 1 : 0;
    }
    assertThat(covered).isBetween(snowy.length / 50, snowy.length / 2);
  }

  @ParameterizedTest
  @CsvSource({"boxes, 0.35", "strokes, 0.35", "pixels, 0.32"})
  void inpaintingLosesItsFraction(String shape, double most) {
    Image gray = Images.constant(120, 120, 60);
    Degradation holes = Degradation.parse("inpaint:" + shape + ",fraction=0.3");
    float[] holed = holes.apply(gray, Randomness.at(1)).pixels();
    int plane = 120 * 120;
    int lost = 0;
    int edges = 0;
    for (int i = 0; i < plane; i++) {
      assertThat(holed[i])
          .isIn(0f, 60f)
          .isEqualTo(holed[plane + i])
          .isEqualTo(holed[2 * plane + i]);
      lost += holed[i] == 0 ? 1 : 0;
      edges += i > 0 && holed[i] != holed[i - 1] ? 1 : 0;
    }
    assertThat((double) lost / plane).isBetween(0.28, most);
    // single pixels have 2·0.3·0.7 changes per pixel, larger holes a fraction of that
    assertThat((double) edges / plane)
        .isBetween(shape.equals("pixels") ? 0.38 : 0.005, shape.equals("pixels") ? 0.46 : 0.15);
  }

  @Test
  void chainsDoOneAfterTheOther() {
    Image clean = new DeadLeaves(3, 1, 47, 41).image(0);
    Degradation blur = Degradation.parse("deblur:gaussian,sigma=2");
    Degradation shrink = Degradation.parse("x4");
    Degradation chain = Degradation.parse("deblur:gaussian,sigma=2+x4");
    Image cut = clean.croppedToMultiple(4);
    assertThat(chain.apply(clean, Randomness.at(1)))
        .isEqualTo(shrink.apply(blur.apply(cut, Randomness.at(1)), Randomness.at(1)));
    assertThat(chain.scale()).isEqualTo(4);
    assertThat(chain.margin()).isEqualTo(blur.margin() + shrink.margin());
    assertThat(Degradation.parse("x4+deblur:gaussian,sigma=2").margin())
        .isEqualTo(4 * blur.margin() + shrink.margin());
    assertThat(Degradation.parse("x3+jpeg").grid()).isEqualTo(48);
    assertThat(Degradation.parse("jpeg+x3").grid()).isEqualTo(16);
  }

  @Test
  void choicesTakeEachAboutEquallyOften() {
    Degradation choice = Degradation.parse("denoise0|inpaint:pixels,fraction=0.5|denoise50");
    Image gray = Images.constant(16, 16, 60);
    int[] seen = new int[3];
    for (int i = 0; i < 300; i++) {
      Image image = choice.apply(gray, Randomness.at(1, i));
      double psnr = Metrics.psnr(image, gray, Metrics.Channels.RGB, 0);
      seen[psnr == Double.POSITIVE_INFINITY ? 0 : image.at(0, 8, 8) % 60 == 0 ? 1 : 2]++;
    }
    assertThat(seen[0]).isBetween(70, 130);
    assertThat(seen[1]).isBetween(70, 130);
  }

  @ParameterizedTest
  @CsvSource({
    "denoise:sigma=0..50, denoise30, true",
    "denoise:sigma=0..50, denoise:sigma=0..50, true",
    "denoise:sigma=10..50, denoise:sigma=9..50, false",
    "denoise:sigma=10..50, denoise:sigma=10..51, false",
    "denoise:sigma=0..50, jpeg:quality=50, false",
    "x2+denoise:sigma=0..8, x2+denoise4, true",
    "x2+denoise:sigma=0..8, x2+denoise9, false",
    "x2+denoise:sigma=0..8, x2, false",
    "x2+denoise:sigma=0..8, denoise4, false",
    "x2+denoise4, x2+denoise4+jpeg:quality=50, false",
    "denoise:sigma=0..50|jpeg:quality=40..90, jpeg:quality=40, true",
    "denoise:sigma=0..50|jpeg:quality=40..90, jpeg:quality=39, false",
    "denoise:sigma=0..50|jpeg:quality=40..90, jpeg:quality=50|denoise10, true",
    "denoise:sigma=0..50|jpeg:quality=40..90, denoise10|derain, false",
    "denoise:sigma=0..50, denoise10|denoise20, false"
  })
  void includesWhatLiesWithinItsRanges(String wide, String narrow, boolean expected) {
    assertThat(Degradation.parse(wide).includes(Degradation.parse(narrow))).isEqualTo(expected);
  }

  @Test
  void aChoiceSeesAsFarAsTheFarthestAndKeepsEveryGrid() {
    Degradation blur = Degradation.parse("deblur:gaussian,sigma=2");
    Degradation jpeg = Degradation.parse("jpeg:quality=50");
    Degradation choice = Degradation.parse("deblur:gaussian,sigma=2|jpeg:quality=50");
    assertThat(choice.margin()).isEqualTo(Math.max(blur.margin(), jpeg.margin())).isPositive();
    assertThat(choice.grid()).isEqualTo(jpeg.grid()).isGreaterThan(1);
    assertThat(Chain.leastCommonMultiple(8, 12)).isEqualTo(24);
    assertThat(Chain.leastCommonMultiple(3, 16)).isEqualTo(48);
  }

  /** Whatever is read for a part, it is that part of the whole, and draws the same. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "x2",
        "x3",
        "x4",
        "x8",
        "denoise:sigma=0..50",
        "jpeg",
        "derain|jpeg",
        "denoise30+x2",
        "deblur:gaussian,sigma=1+x3",
        "x2+denoise:sigma=0..8+jpeg",
        "x4+jpeg+denoise9"
      })
  void partIsACropOfTheWhole(String name) {
    Degradation degradation = Degradation.parse(name);
    Image clean = new DeadLeaves(3, 1, 150, 131).image(0);
    Image whole = degradation.apply(clean, Randomness.at(7));
    for (int i = 0; i < 30; i++) {
      RandomGenerator random = Randomness.at(i);
      int height = 1 + random.nextInt(Math.min(20, whole.height()));
      int width = 1 + random.nextInt(Math.min(20, whole.width()));
      Area wanted =
          new Area(
              i == 0 ? 0 : random.nextInt(whole.height() - height + 1),
              i == 1 ? whole.width() - width : random.nextInt(whole.width() - width + 1),
              height,
              width);
      Area read = degradation.reads(wanted, clean.height(), clean.width());
      Window known = Window.of(clean.crop(read), read, clean.height(), clean.width());
      assertThat(degradation.part(known, wanted, Randomness.at(7)))
          .as("%s of %s", wanted, name)
          .isEqualTo(whole.crop(wanted));
    }
  }
}
