package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.batch.Patches;
import org.ipt4j.data.degradation.Degradation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSourceTest {
  @TempDir Path folder;

  @Test
  void folderIsReadToAnyDepthInOrder() throws Exception {
    Image noise = Images.noise(5, 6, Randomness.at(1));
    for (String name : List.of("b.png", "a/n01/z.png", "a/n01/y.PNG", "a.png")) {
      ImageFiles.write(noise, folder.resolve(name));
    }
    Files.writeString(folder.resolve("a/notes.txt"), "no image");
    Files.writeString(folder.resolve("._b.png"), "what macOS leaves beside files");
    ImageSource source = ImageSource.open(folder);
    assertThat(names(source)).containsExactly("a.png", "a/n01/y.PNG", "a/n01/z.png", "b.png");
    assertThat(source.image(2)).isEqualTo(noise);
  }

  private static List<String> names(ImageSource source) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < source.size(); i++) {
      names.add(source.name(i));
    }
    return names;
  }

  @Test
  void emptyOrMissingFolderIsRefused() {
    assertThatThrownBy(() -> ImageSource.open(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no image")
        .hasMessageContaining(folder.toString());
    assertThatThrownBy(() -> ImageSource.open(folder.resolve("gone")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gone");
  }

  @Test
  void unreadableImagesAreNamedAndSkippedInTraining() throws Exception {
    ImageFiles.write(Images.constant(20, 20, 5), folder.resolve("good.png"));
    byte[] good = Files.readAllBytes(folder.resolve("good.png"));
    Files.write(folder.resolve("cut.png"), Arrays.copyOf(good, 40));
    Files.write(folder.resolve("empty.jpg"), new byte[0]);
    ImageSource source = ImageSource.open(folder);
    assertThatThrownBy(() -> source.image(0))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("cut.png: ");
    assertThatThrownBy(() -> source.image(1))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining("empty.jpg: not an image");
    Patches patches = new Patches(source, Degradation.parse("x2"), new PatchOptions(20, 10, 1));
    patches.batch(0);
    assertThat(patches.skipped()).isEqualTo(2);
  }

  @Test
  void linksThatLeadNowhereAreImagesThatCannotBeRead() throws Exception {
    ImageFiles.write(Images.constant(20, 20, 5), folder.resolve("a.png"));
    Files.createSymbolicLink(folder.resolve("b.png"), folder.resolve("gone.png"));
    Files.createSymbolicLink(folder.resolve("c.png"), folder.resolve("a.png"));
    Files.createSymbolicLink(folder.resolve("notes.txt"), folder.resolve("gone.txt"));
    ImageSource source = ImageSource.open(folder);
    assertThat(names(source)).containsExactly("a.png", "b.png", "c.png");
    assertThat(source.image(2)).isEqualTo(source.image(0));
    String message = folder.resolve("b.png") + ": a link that leads nowhere";
    assertThatThrownBy(() -> source.image(1))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessage(message);
    assertThatThrownBy(() -> ImageFiles.read(folder.resolve("b.png"))).hasMessage(message);
  }

  /** Counts what is decoded. */
  private static final class Counting implements ImageSource {
    private final List<Integer> asked = new ArrayList<>();

    @Override
    public int size() {
      return 3;
    }

    @Override
    public Image image(int index) {
      asked.add(index);
      return Images.constant(10, 10, index + 0.25f);
    }
  }

  @Test
  void cacheKeepsWhatWasLastUsedUpToItsLimit() throws Exception {
    Counting counting = new Counting();
    ImageSource cached = ImageSource.cached(counting, 600); // two images of 3·10·10 bytes
    for (int index : new int[] {0, 1, 0, 2, 0, 1}) {
      assertThat(cached.image(index)).isEqualTo(Images.constant(10, 10, index));
    }
    assertThat(counting.asked).containsExactly(0, 1, 2, 1);
  }

  @Test
  void threadsThatWantOneImageMakeItOnce() throws Exception {
    Counting counting = new Counting();
    CountDownLatch asked = new CountDownLatch(1);
    ImageSource slow =
        new ImageSource() {
          @Override
          public int size() {
            return 3;
          }

          @Override
          public Image image(int index) {
            asked.countDown();
            try {
              Thread.sleep(100); // in which the other comes
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return counting.image(index);
          }
        };
    ImageSource cached = ImageSource.cached(slow, 600);
    CompletableFuture<Image> other =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return cached.image(2);
              } catch (UnreadableImageException e) {
                throw new IllegalStateException(e);
              }
            });
    asked.await();
    assertThat(cached.image(2)).isSameAs(other.get());
    assertThat(counting.asked).containsExactly(2);
  }

  @Test
  void leavesAreAFunctionOfSeedAndNumber() {
    Image image = new DeadLeaves(5, 9, 64, 48).image(3);
    assertThat(new DeadLeaves(5, 9, 64, 48).image(3)).isEqualTo(image);
    assertThat(new DeadLeaves(5, 9, 64, 48).image(4)).isNotEqualTo(image);
    assertThat(new DeadLeaves(6, 9, 64, 48).image(3)).isNotEqualTo(image);
    assertThat(image.height()).isEqualTo(64);
    assertThat(image.width()).isEqualTo(48);
  }

  @Test
  void leavesThatNoArrayHoldsAreRefused() {
    for (int side : new int[] {13_400, 40_000, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> new DeadLeaves(1, 1, side, side))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(side + "×" + side + " pixels");
    }
    assertThat(new DeadLeaves(1, 1, 13_000, 13_000).size()).isEqualTo(1);
  }

  /**
   * Natural images have a power spectrum near 1/f²: variances of differences grow with distance,
   * slower than in proportion.
   */
  @Test
  void leavesHaveTheStatisticsOfPhotographs() {
    double[] variance = new double[3];
    DeadLeaves leaves = new DeadLeaves(7, 12, 128, 128);
    for (int i = 0; i < leaves.size(); i++) {
      Image image = leaves.image(i);
      for (int k = 0; k < variance.length; k++) {
        int distance = 1 << 2 * k;
        for (int y = 0; y < 128; y++) {
          for (int x = 0; x + distance < 128; x++) {
            double difference = image.at(1, y, x) - image.at(1, y, x + distance);
            variance[k] += difference * difference / (128.0 * (128 - distance));
          }
        }
      }
    }
    assertThat(variance[1] / variance[0]).isBetween(1.5, 6.0);
    assertThat(variance[2] / variance[1]).isBetween(1.3, 4.0);
  }

  @Test
  void someOfThemKeepTheirNames() throws Exception {
    for (int i = 0; i < 4; i++) {
      ImageFiles.write(Images.constant(5, 6, 10 * i), folder.resolve(i + ".png"));
    }
    ImageSource some = ImageSource.open(folder).only(3, 1);
    assertThat(names(some)).containsExactly("3.png", "1.png");
    assertThat(some.image(1)).isEqualTo(Images.constant(5, 6, 10));
    PairSource pairs = PairSource.degrading(some, Degradation.parse("x2"), 1).only(1);
    assertThat(pairs.size()).isEqualTo(1);
    assertThat(pairs.scale()).isEqualTo(2);
    assertThat(pairs.name(0)).isEqualTo("1.png");
    assertThat(pairs.pair(0).clean().pixels()).containsOnly(10);
  }
}
