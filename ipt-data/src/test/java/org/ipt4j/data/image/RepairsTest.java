package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JPEGs in which the decoder finds its way again. */
class RepairsTest {
  @TempDir Path folder;

  private byte[] jpeg() throws Exception {
    Path file = folder.resolve("whole.jpg");
    ImageFiles.write(new DeadLeaves(1, 1, 64, 96).image(0), file);
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return bytes;
  }

  private static byte[] withBytesAt(byte[] whole, int at, int count) {
    byte[] bytes = Arrays.copyOf(whole, whole.length + count);
    Arrays.fill(bytes, at, at + count, (byte) 0x11);
    System.arraycopy(whole, at, bytes, at + count, whole.length - at);
    return bytes;
  }

  private byte[] damaged(String damage) throws Exception {
    byte[] whole = jpeg();
    return switch (damage) {
      case "bytes ahead of the end" -> withBytesAt(whole, whole.length - 2, 50);
      case "bytes between segments" -> withBytesAt(whole, 2, 50);
      default -> { // the middle
        byte[] noise = new byte[20];
        Randomness.at(4).nextBytes(noise);
        for (int i = 0; i < noise.length; i++) {
          whole[whole.length / 2 + i] = (byte) (noise[i] & 0x7F);
        }
        yield whole;
      }
    };
  }

  /** One line that names the file and says what was found; the image is there. */
  @ParameterizedTest
  @ValueSource(strings = {"bytes ahead of the end", "bytes between segments", "the middle"})
  void areReadWithAWarning(String damage) throws Exception {
    Path file = Files.write(folder.resolve("a.jpg"), damaged(damage));
    List<String> warnings = new ArrayList<>();
    Picture picture = Picture.read(file, warnings::add);
    assertThat(picture.height()).isEqualTo(64);
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0))
        .startsWith(file + ": damaged, and repaired (Corrupt JPEG data: ")
        .endsWith(")")
        .doesNotContain("\n");
  }

  @Test
  void wholeOnesAreReadWithout() throws Exception {
    Path file = Files.write(folder.resolve("a.jpg"), jpeg());
    List<String> warnings = new ArrayList<>();
    Picture.read(file, warnings::add);
    assertThat(warnings).isEmpty();
  }

  /** What is missing is not made up. */
  @Test
  void truncatedOnesAreStillRefused() throws Exception {
    byte[] whole = jpeg();
    for (int length : new int[] {whole.length - 2, whole.length / 2}) {
      Path file = Files.write(folder.resolve("a.jpg"), Arrays.copyOf(whole, length));
      List<String> warnings = new ArrayList<>();
      assertThatThrownBy(() -> Picture.read(file, warnings::add))
          .isInstanceOf(UnreadableImageException.class);
      assertThat(warnings).isEmpty();
    }
  }

  /** In training an image is read again and again. */
  @Test
  void eachIsLoggedOnceForADataSet() throws Exception {
    Files.write(folder.resolve("a.jpg"), damaged("bytes ahead of the end"));
    Files.write(folder.resolve("b.jpg"), damaged("the middle"));
    ImageSource source = ImageSource.open(folder, new Limits(10_000, 0)); // keeps none
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      for (int i = 0; i < 6; i++) {
        source.image(i % 2);
      }
    } finally {
      System.setErr(before);
    }
    assertThat(log.toString(StandardCharsets.UTF_8).lines())
        .hasSize(2)
        .anyMatch(line -> line.contains("a.jpg: damaged, and repaired"))
        .anyMatch(line -> line.contains("b.jpg: damaged, and repaired"));
  }
}
