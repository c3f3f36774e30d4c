package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files of every format, damaged at random: reading gives an image or the documented exception,
 * soon and within the memory that the limit allows. A failure names its seed; {@code
 * -Dipt.damages=N} tries N damages per file.
 */
class DamagedFilesTest {
  private static final Limits LIMITS = new Limits(10_000, 0);
  private static final int DAMAGES = Integer.getInteger("ipt.damages", 50);

  /** Decoders keep tables, and their exceptions' stacks, whatever the image. */
  private static final long ALLOWED_BYTES = 20_000_000;

  static List<Path> files() throws IOException {
    Path folder = Path.of("src", "test", "resources", "org", "ipt4j", "data", "image", "files");
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> ImageFiles.isImage(file.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void giveAnImageOrTheDocumentedException(Path file) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    read(whole, "a first time, for what is loaded once");
    for (int seed = 0; seed < DAMAGES; seed++) {
      byte[] damaged = damaged(whole, Randomness.at(seed));
      String name = file.getFileName() + " damaged with seed " + seed;
      long before = threads.getCurrentThreadAllocatedBytes();
      Assertions.assertTimeout(Duration.ofSeconds(5), () -> read(damaged, name), name);
      assertThat(threads.getCurrentThreadAllocatedBytes() - before)
          .as("bytes taken for " + name)
          .isLessThan(ALLOWED_BYTES);
    }
  }

  private static void read(byte[] bytes, String name) throws IOException {
    try (var stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      Image image = ImageFiles.read(stream, name, LIMITS, warning -> {});
      assertThat(image.height() * image.width()).isLessThanOrEqualTo(10_000);
    } catch (UnreadableImageException documented) {
      assertThat(documented).hasMessageStartingWith(name + ": ").hasMessageNotContaining("\n");
    } catch (RuntimeException | Error e) {
      throw new AssertionError(name, e);
    }
  }

  // some bytes set, mostly near the start, where the sizes are; or a piece cut out or doubled
  private static byte[] damaged(byte[] whole, RandomGenerator random) {
    byte[] bytes = whole.clone();
    for (int count = 1 + random.nextInt(4); count > 0; count--) {
      int span = random.nextBoolean() ? Math.min(64, bytes.length) : bytes.length;
      int at = random.nextInt(span);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xFF : 0x7F);
        default -> {
          int to = Math.min(bytes.length, at + 1 + random.nextInt(8));
          byte[] rest = Arrays.copyOfRange(bytes, random.nextBoolean() ? to : at, bytes.length);
          byte[] joined = Arrays.copyOf(bytes, to + rest.length);
          System.arraycopy(rest, 0, joined, random.nextBoolean() ? at : to, rest.length);
          bytes = joined;
        }
      }
    }
    return bytes;
  }
}
