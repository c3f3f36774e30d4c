package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.ipt4j.data.image.ImageFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What results are named, where several images would have one name. */
class TargetsTest {
  private static List<Path> paths(String names) {
    return Arrays.stream(names.split(" ")).map(Path::of).toList();
  }

  /** PNG of all that is no JPEG. */
  @ParameterizedTest
  @CsvSource({
    "photo.png photo.webp, photo.png photo.webp.png",
    "photo.webp photo.png, photo.webp.png photo.png",
    "photo.gif photo.webp, photo.png photo.webp.png",
    "photo.webp photo.jpg, photo.png photo.jpg",
    "photo.JPG photo.jpeg, photo.JPG photo.jpeg",
    "photo.PNG photo.png, photo.PNG photo.2.png",
    "a/photo.gif b/photo.webp, a/photo.png b/photo.png",
    "x.png x.png x.png, x.png x.2.png x.3.png",
    "x.png x.png x.2.png, x.png x.3.png x.2.png",
    "x.webp x.gif x.webp, x.png x.gif.png x.webp.png",
    "x.webp x.webp x.webp, x.png x.webp.png x.2.png",
    "x.png x.webp x.webp.png, x.png x.2.png x.webp.png",
    "A/x.png a/X.png, A/x.png a/X.2.png",
    "Ärger.png ärger.png A\u0308RGER.png, Ärger.png ärger.2.png A\u0308RGER.3.png",
    "IMG.png img.webp img.gif, IMG.png img.webp.png img.gif.png",
    "noending x.y.webp, noending.png x.y.png",
  })
  void restored(String images, String results) {
    List<ImageFormat> formats =
        paths(images).stream()
            .map(
                image ->
                    image.toString().toLowerCase(Locale.ROOT).matches(".*\\.jpe?g")
                        ? ImageFormat.JPEG
                        : ImageFormat.PNG)
            .toList();
    assertThat(Targets.of(paths(images), formats, base -> base)).isEqualTo(paths(results));
  }

  @ParameterizedTest
  @CsvSource({
    "photo.jpg photo.png, photo.jpg-x2.png photo-x2.png",
    "a.jpg b.png, a-x2.png b-x2.png",
    "a.jpg a.jpg, a-x2.png a.jpg-x2.png",
  })
  void degraded(String images, String results) {
    List<ImageFormat> png = paths(images).stream().map(image -> ImageFormat.PNG).toList();
    assertThat(Targets.of(paths(images), png, base -> base + "-x2")).isEqualTo(paths(results));
  }
}
