package org.ipt4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Damaged files, each a pure function of the seed and its number: a reader refuses them with the
 * documented exception, or reads them, and takes little memory before it knows. The system property
 * {@code ipt.fuzz} sets how many per test, {@code ipt.fuzz.seed} which.
 */
public final class HostileFiles {
  /** How many are made of each kind. */
  public static final int COUNT = Integer.getInteger("ipt.fuzz", 1000);

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

  /** What is under test. */
  public interface Reader {
    /** Opens a file. */
    Closeable open(Path file) throws IOException;
  }

  /** Another file of the same kind, somewhat damaged. */
  public interface Damage {
    /** The file. */
    byte[] apply(RandomGenerator random) throws IOException;
  }

  private HostileFiles() {}

  /** Safetensors whose header is damaged and of the right length. */
  public static byte[] damagedHeader(byte[] good, RandomGenerator random) {
    int end = 8 + ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt();
    byte[] header = damaged(Arrays.copyOfRange(good, 8, end), random);
    byte[] bad = spliced(good, 8, end, header);
    ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length);
    return bad;
  }

  /**
   * Reads {@link #COUNT} damaged files; also requires that enough is refused, for damage that hits
   * nothing would show nothing.
   */
  public static void run(Path folder, Reader reader, byte[] good, Damage damage, int leastRefused)
      throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Path path = folder.resolve("hostile");
    reader.open(Files.write(path, good)).close();
    int refused = 0;
    for (int number = 0; number < COUNT; number++) {
      Files.write(path, damage.apply(new SplittableRandom(SEED << 32 | number)));
      long before = threads.getCurrentThreadAllocatedBytes();
      long opened = -1;
      try (Closeable read = reader.open(path)) {
        opened = threads.getCurrentThreadAllocatedBytes();
        if (read instanceof TensorFile file) {
          for (String name : file.names()) {
            Tensors.read(file.tensor(name));
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

  /** The bytes, damaged at one to three places. */
  public static byte[] damaged(byte[] good, RandomGenerator random) {
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
