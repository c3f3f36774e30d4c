package org.ipt4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.Images;
import org.ipt4j.data.image.UnreadableImageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatchesTest {
  private static final DeadLeaves LEAVES = new DeadLeaves(1, 5, 97, 90);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x2",
        "x3",
        "x4",
        "x8",
        "jpeg:quality=20",
        "deblur:gaussian,sigma=2",
        "deblur:motion,length=9,angle=30",
        "x2+jpeg:quality=50",
        "deblur:gaussian,sigma=1+x3"
      })
  void degradedPatchIsACropOfTheDegradedImage(String name) {
    Degradation degradation = Degradation.parse(name);
    int scale = degradation.scale();
    List<ImagePair> wholes = new ArrayList<>();
    for (int i = 0; i < LEAVES.size(); i++) {
      for (int k = 0; k < 8; k++) {
        Image clean = LEAVES.image(i).turned(k >= 4, k).croppedToMultiple(scale);
        wholes.add(new ImagePair(degradation.apply(clean, Randomness.at(0)), clean));
      }
    }
    // a patch as large as possible touches all edges, a small one none
    for (int side : new int[] {5, 90 / scale}) {
      PatchBatch batch = new Patches(LEAVES, degradation, new PatchOptions(20, side, 11)).batch(3);
      for (int n = 0; n < batch.count(); n++) {
        Image degraded = image(batch.degraded(), n, side);
        Image clean = image(batch.clean(), n, side * scale);
        assertThat(wholes).as("patch " + n).anyMatch(whole -> isCrop(degraded, clean, whole));
      }
    }
  }

  private static boolean isCrop(Image degraded, Image clean, ImagePair whole) {
    int side = degraded.height();
    int scale = clean.height() / side;
    for (int y = 0; y + side <= whole.degraded().height(); y++) {
      for (int x = 0; x + side <= whole.degraded().width(); x++) {
        if (whole.clean().at(0, y * scale, x * scale) == clean.at(0, 0, 0)
            && whole.clean().crop(y * scale, x * scale, side * scale, side * scale).equals(clean)
            && whole.degraded().crop(y, x, side, side).equals(degraded)) {
          return true;
        }
      }
    }
    return false;
  }

  private static Image image(float[] values, int n, int side) {
    float[] one = new float[3 * side * side];
    System.arraycopy(values, n * one.length, one, 0, one.length);
    return new Image(side, side, one);
  }

  @Test
  void batchDependsOnTheStepAlone() {
    Degradation blind = Degradation.parse("denoise:sigma=0..50");
    PatchOptions options = new PatchOptions(4, 16, 1);
    PatchBatch seventh = new Patches(LEAVES, blind, options).batch(7);
    Patches patches = new Patches(LEAVES, blind, options);
    patches.batch(123);
    assertThat(patches.batch(7).degraded()).isEqualTo(seventh.degraded());
    assertThat(patches.batch(7).clean()).isEqualTo(seventh.clean());
    assertThat(patches.batch(8).clean()).isNotEqualTo(seventh.clean());
    assertThat(new Patches(LEAVES, blind, new PatchOptions(4, 16, 2)).batch(7).clean())
        .isNotEqualTo(seventh.clean());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void batchesAreTheSameFromAnyNumberOfThreads(int threads) {
    Patches patches = new Patches(LEAVES, Degradation.parse("derain"), new PatchOptions(2, 24, 1));
    try (Prefetch<PatchBatch> prefetch = new Prefetch<>(patches::batch, 100, threads, 5)) {
      for (long step = 100; step < 120; step++) {
        PatchBatch taken = prefetch.take();
        PatchBatch made = patches.batch(step);
        assertThat(taken.degraded()).isEqualTo(made.degraded());
        assertThat(taken.clean()).isEqualTo(made.clean());
      }
    }
  }

  /** Image 1 cannot be read and image 2 is too small. */
  private record Faulty(List<Image> images) implements ImageSource {
    @Override
    public int size() {
      return images.size();
    }

    @Override
    public Image image(int index) throws UnreadableImageException {
      if (index == 1) {
        throw new UnreadableImageException("one.png", "damaged");
      }
      return images.get(index);
    }
  }

  @Test
  void skipsAndCountsWhatIsOfNoUse() {
    Image good = Images.constant(40, 40, 9);
    ImageSource faulty = new Faulty(List.of(good, good, Images.constant(19, 60, 3)));
    Degradation noise = Degradation.parse("denoise0");
    Patches patches = new Patches(faulty, noise, new PatchOptions(30, 20, 1).upright());
    for (float value : patches.batch(0).clean()) {
      assertThat(value).isEqualTo(9);
    }
    assertThat(patches.skipped()).isEqualTo(2);

    Patches none = new Patches(faulty, noise, new PatchOptions(1, 41, 1).upright());
    assertThatThrownBy(() -> none.batch(0))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("of 3 images 3 were skipped");
  }

  /** It may be the interrupt that is at fault. */
  @Test
  void nothingIsSkippedOnAnInterruptedThread() {
    ImageSource faulty =
        new Faulty(List.of(Images.constant(40, 40, 9), Images.constant(40, 40, 9)));
    Patches patches =
        new Patches(faulty, Degradation.parse("denoise0"), new PatchOptions(30, 20, 1));
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> patches.batch(0)).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(patches.skipped()).isZero();
  }

  /** As is natural for what depends on the whole image. */
  @Test
  void aMarginMayBeLargerThanTheImage() {
    Degradation whole = new Own(1, Integer.MAX_VALUE, 1);
    ImageSource images = new DeadLeaves(1, 2, 30, 30);
    assertThat(new Patches(images, whole, new PatchOptions(2, 12, 1)).batch(0).count())
        .isEqualTo(2);
  }

  @Test
  void aDegradationThatMakesAnotherSizeIsNamed() {
    ImageSource images = new DeadLeaves(1, 2, 30, 30);
    Degradation larger = new Own(1, 0, 2);
    assertThatThrownBy(() -> new Patches(images, larger, new PatchOptions(2, 12, 1)).batch(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("own, of scale 1, made ");
  }

  /** Enlarges instead of degrading. */
  private record Own(int scale, int margin, int enlarged) implements Degradation {
    @Override
    public Image apply(Image clean, RandomGenerator random) {
      return Bicubic.enlarge(clean, enlarged);
    }

    @Override
    public String name() {
      return "own";
    }
  }

  /** Of two places, both are in the flat half of an image a quarter of the time. */
  @ParameterizedTest
  @CsvSource({"0, 0.5", "0.5, 0.375", "1, 0.25"})
  void ofTwoPlacesTheMoreDetailedOneIsTaken(double share, double flat) {
    Random random = new Random(1);
    float[] pixels = new float[3 * 200 * 100];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 100 < 50 ? 7 : random.nextInt(256);
    }
    ImageSource image = new Faulty(List.of(new Image(200, 100, pixels)));
    PatchOptions options = new PatchOptions(2000, 2, 1).withDetail(share);
    Patches degraded = new Patches(image, Degradation.parse("x2"), options);
    Patches pairs = new Patches(PairSource.degrading(image, Degradation.parse("x2"), 1), options);

    assertThat(flatShare(degraded.batch(0))).isCloseTo(flat, within(0.04));
    assertThat(flatShare(pairs.batch(0))).isCloseTo(flat, within(0.04));
  }

  private static double flatShare(PatchBatch batch) {
    int side = batch.side() * batch.scale();
    int flat = 0;
    for (int n = 0; n < batch.count(); n++) {
      Image patch = image(batch.clean(), n, side);
      flat += patch.equals(Images.constant(side, side, 7)) ? 1 : 0;
    }
    return (double) flat / batch.count();
  }

  /** A degradation of a user's own needs nothing but the interface. */
  @ParameterizedTest
  @CsvSource({
    "x4, 20000, 48, 192, 19418",
    "x2, 2147483647, 48, 96, 77672",
    "x4, 1, 9000, 36000, 0"
  })
  void aBatchThatNoArrayHoldsIsRefused(
      String degradation, int count, int side, int clean, int most) {
    PatchOptions options = new PatchOptions(count, side, 1);
    assertThatThrownBy(() -> new Patches(LEAVES, Degradation.parse(degradation), options))
        .hasMessage(
            "a batch of %d patches is too large for memory: of %d×%d pixels, as the clean ones are,"
                + " an array holds at most %d",
            count, clean, clean, most);
  }

  @Test
  void aBatchOfVerySmallPatchesIsCutIntoManyParts() {
    int count = 300_000;
    PatchBatch batch = new PatchBatch(count, 1, 1, new float[3 * count], new float[3 * count]);
    int end = 0;
    for (PatchBatch.Part part : batch.parts(10_000)) {
      assertThat(part).isEqualTo(new PatchBatch.Part(end, end + 30));
      end = part.end();
    }
    assertThat(end).isEqualTo(count);
  }

  @Test
  void takesAnyDegradation() {
    Degradation negative =
        new Degradation() {
          @Override
          public Image apply(Image clean, RandomGenerator random) {
            float[] pixels = clean.pixels().clone();
            for (int i = 0; i < pixels.length; i++) {
              pixels[i] = 255 - pixels[i];
            }
            return new Image(clean.height(), clean.width(), pixels);
          }

          @Override
          public String name() {
            return "negative";
          }
        };
    PatchBatch batch = new Patches(LEAVES, negative, new PatchOptions(2, 12, 1)).batch(0);
    for (int i = 0; i < batch.clean().length; i++) {
      assertThat(batch.degraded()[i]).isEqualTo(255 - batch.clean()[i]);
    }
  }
}
