package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Damaged files, each a pure function of the seed and its number: a reader refuses them with the
 * documented exception, or reads them, and takes little memory before it knows. The system property
 * {@code ipt.fuzz} sets how many per test, {@code ipt.fuzz.seed} which.
 */
class HostileFilesTest {
  private static final int COUNT = Integer.getInteger("ipt.fuzz", 1000);
  private static final long SEED = Long.getLong("ipt.fuzz.seed", 1);

  /** Far below what a hostile length could ask for, above the readers' own buffers. */
  private static final long MOST_ALLOCATED = 1 << 20;

  /** After so many files, what is allocated is theirs. */
  private static final int CLASSES_LOADED = 100;

  private static final long[] EDGES = {
    0,
    1,
    -1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 32,
    1L << 40,
    100_000_000
  };

  private interface Reader {
    Closeable open(Path file) throws IOException;
  }

  /** Another file of the same kind, somewhat damaged. */
  private interface Damage {
    byte[] apply(RandomGenerator random) throws IOException;
  }

  @TempDir Path folder;

  @Test
  void safeTensors() throws IOException {
    // the golden file carries no checksum, so that damage reaches the parser
    byte[] good = Files.readAllBytes(GoldenFiles.file("contrastive.safetensors"));
    run(SafeTensors::open, good, random -> damaged(good, random), COUNT / 4, COUNT);
  }

  @Test
  void safeTensorsHeaders() throws IOException {
    byte[] good = Files.readAllBytes(GoldenFiles.file("contrastive.safetensors"));
    int headerEnd = 8 + 400;
    run(
        SafeTensors::open,
        good,
        random -> {
          byte[] bad = good.clone();
          byte[] header = damaged(Arrays.copyOfRange(good, 8, headerEnd), random);
          System.arraycopy(header, 0, bad, 8, Math.min(header.length, headerEnd - 8));
          return bad;
        },
        COUNT / 4,
        COUNT);
  }

  @Test
  void safeTensorsWithAChecksum() throws IOException {
    Path path = folder.resolve("good");
    SafeTensors.write(path, Map.of("k", "v"), Map.of("x", Nd4j.createFromArray(1f, 2f, 3f)));
    byte[] good = Files.readAllBytes(path);
    run(SafeTensors::open, good, random -> damaged(good, random), COUNT / 2, COUNT);
  }

  @Test
  void legacyCheckpoints() throws IOException {
    byte[] good = Files.readAllBytes(GoldenFiles.file("torch-views-legacy.pt"));
    run(PyTorchCheckpoint::open, good, random -> damaged(good, random), COUNT / 4, COUNT);
  }

  @Test
  void zipCheckpoints() throws IOException {
    byte[] good = Files.readAllBytes(GoldenFiles.file("torch-views.pt"));
    run(PyTorchCheckpoint::open, good, random -> damaged(good, random), COUNT / 20, COUNT);
  }

  @Test
  void picklesInZipCheckpointsWithRightChecksums() throws IOException {
    Map<String, String> records = new LinkedHashMap<>();
    try (WeightBytes bytes = WeightBytes.open(GoldenFiles.file("torch-wrapped.pt"))) {
      for (ZipDirectory.Entry entry : ZipDirectory.read(bytes).values()) {
        byte[] content = bytes.read(entry.position(), (int) entry.size()).array();
        records.put(entry.name(), new String(content, StandardCharsets.ISO_8859_1));
      }
    }
    run(
        PyTorchCheckpoint::open,
        Files.readAllBytes(GoldenFiles.file("torch-wrapped.pt")),
        random -> {
          TestZip zip = new TestZip();
          records.forEach(
              (name, content) ->
                  zip.add(
                      name,
                      name.endsWith("data.pkl")
                          ? new String(
                              damaged(content.getBytes(StandardCharsets.ISO_8859_1), random),
                              StandardCharsets.ISO_8859_1)
                          : content));
          return zip.bytes();
        },
        COUNT / 4,
        COUNT);
  }

  @Test
  void models() throws IOException {
    Path path = folder.resolve("good");
    nano().save(path, Map.of());
    byte[] good = withoutChecksum(Files.readAllBytes(path));
    run(HostileFilesTest::loaded, good, random -> damagedHeader(good, random), COUNT / 4, COUNT);
  }

  @Test
  void publishedWeights() throws IOException {
    Path path = folder.resolve("good");
    Map<String, INDArray> tensors = PublishedNames.tensors(nano().values());
    tensors.putAll(PublishedConstants.tensors(IptConfig.preset("nano")));
    SafeTensors.write(path, Map.of(), tensors);
    byte[] good = withoutChecksum(Files.readAllBytes(path));
    run(HostileFilesTest::imported, good, random -> damagedHeader(good, random), COUNT / 4, COUNT);
  }

  private static IptModel nano() {
    return IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1);
  }

  private static Closeable loaded(Path file) throws IOException {
    IptModel.load(file).values().flat().close();
    return () -> {};
  }

  private static Closeable imported(Path file) throws IOException {
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      int head = weights.scales().firstKey();
      weights.model(1, weights.rgbRange().orElse(255), Map.of(head, "x2")).values().flat().close();
    }
    return () -> {};
  }

  /** Another name for the checksum, so that damage is not noticed by it. */
  private static byte[] withoutChecksum(byte[] file) {
    file[new String(file, StandardCharsets.ISO_8859_1).indexOf("crc32c")] = 'C';
    return file;
  }

  private static byte[] damagedHeader(byte[] good, RandomGenerator random) {
    int end = 8 + ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt();
    byte[] header = damaged(Arrays.copyOfRange(good, 8, end), random);
    byte[] bad = spliced(good, 8, end, header);
    ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length);
    return bad;
  }

  /** Also requires that enough is refused, for damage that hits nothing would show nothing. */
  private void run(Reader reader, byte[] good, Damage damage, int leastRefused, int count)
      throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Path path = folder.resolve("hostile");
    reader.open(Files.write(path, good)).close();
    int refused = 0;
    for (int number = 0; number < count; number++) {
      Files.write(path, damage.apply(Randomness.at(SEED, number)));
      long before = threads.getCurrentThreadAllocatedBytes();
      long opened = -1;
      try (Closeable read = reader.open(path)) {
        opened = threads.getCurrentThreadAllocatedBytes();
        if (read instanceof TensorFile file) {
          for (String name : file.names()) {
            file.read(name).close();
          }
        }
      } catch (CorruptWeightsException expected) {
        refused++;
        assertThat(expected.offset()).isBetween(0L, Files.size(path));
      } catch (IOException | RuntimeException | Error other) {
        fail("seed " + SEED + ", number " + number, other);
      }
      long allocated = (opened < 0 ? threads.getCurrentThreadAllocatedBytes() : opened) - before;
      if (number >= CLASSES_LOADED) {
        assertThat(allocated).as("seed %d, number %d", SEED, number).isLessThan(MOST_ALLOCATED);
      }
    }
    assertThat(refused).isGreaterThan(leastRefused);
  }

  private static byte[] damaged(byte[] good, RandomGenerator random) {
    byte[] bytes = good.clone();
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      bytes = damagedOnce(bytes, random);
    }
    return bytes;
  }

  private static byte[] damagedOnce(byte[] bytes, RandomGenerator random) {
    if (bytes.length == 0) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(64, bytes.length - at));
    switch (random.nextInt(7)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> { // a number at the edge of a type
        long edge = EDGES[random.nextInt(EDGES.length)];
        int width = 1 << random.nextInt(4);
        for (int i = 0; i < Math.min(width, bytes.length - at); i++) {
          bytes[at + i] = (byte) (edge >> 8 * i);
        }
      }
      case 3 -> bytes = Arrays.copyOf(bytes, at);
      case 4 -> bytes = spliced(bytes, at, at + length, new byte[0]);
      case 5 -> bytes = spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, at + length));
      default -> { // a piece from elsewhere
        int from = random.nextInt(bytes.length - length + 1);
        bytes = spliced(bytes, at, at + length, Arrays.copyOfRange(bytes, from, from + length));
      }
    }
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] piece) {
    byte[] result = new byte[from + piece.length + bytes.length - to];
    System.arraycopy(bytes, 0, result, 0, from);
    System.arraycopy(piece, 0, result, from, piece.length);
    System.arraycopy(bytes, to, result, from + piece.length, bytes.length - to);
    return result;
  }
}
