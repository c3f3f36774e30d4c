package org.ipt4j.weights;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.zip.Checksum;

/**
 * A weight file's bytes, open or in memory. They are read by position, so any thread may read at
 * any time.
 *
 * <p>This is not a memory map. On Java 17 a map is released only by garbage collection, so its
 * pages would double the memory that loading takes. And if a mapped file is cut short, the virtual
 * machine fails; here an exception is thrown.
 */
final class WeightBytes implements Closeable {
  private static final int CHUNK = 1 << 20;

  /** Where bytes are read from. */
  private interface Source extends Closeable {
    /** Reads some of what remains of {@code into}; returns how many bytes, -1 at the end. */
    int read(ByteBuffer into, long position) throws IOException;
  }

  private final Path file;
  private final Source source;
  private final long size;

  private WeightBytes(Path file, Source source, long size) {
    this.file = file;
    this.source = source;
    this.size = size;
  }

  /** Turns a file's bytes into tensors. */
  interface Format {
    TensorFile parse(WeightBytes bytes) throws IOException;
  }

  /** Opens a file; it stays open only if {@code format} accepts it. */
  static TensorFile open(Path file, Format format) throws IOException {
    return parse(open(file), format);
  }

  /** Reads all of a stream, which is called {@code file} in messages. */
  static TensorFile of(InputStream in, Path file, Format format) throws IOException {
    byte[] all = in.readAllBytes();
    return parse(new WeightBytes(file, new InMemory(all), all.length), format);
  }

  private static TensorFile parse(WeightBytes bytes, Format format) throws IOException {
    try {
      return format.parse(bytes);
    } catch (IOException | RuntimeException | Error failure) { // memory may be out
      bytes.close();
      throw failure;
    }
  }

  static WeightBytes open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a folder, expected a file of weights");
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new WeightBytes(file, new InFile(channel), channel.size());
    } catch (IOException | RuntimeException | Error failure) {
      channel.close();
      throw failure;
    }
  }

  Path file() {
    return file;
  }

  long size() {
    return size;
  }

  /** Fills the rest of {@code into} from {@code position} on. */
  void read(long position, ByteBuffer into) throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      // in pieces, because Java keeps a second buffer as large as what it reads into the heap
      int most = Math.min(CHUNK, into.remaining());
      int count = source.read(into.slice(into.position(), most), at);
      if (count < 0) {
        throw corrupt(at, "the file ends here, " + into.remaining() + " bytes too early");
      }
      into.position(into.position() + count);
      at += count;
    }
  }

  /** The bytes [position, position + length); the caller has checked that they lie in the file. */
  ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    read(position, bytes);
    return bytes.flip();
  }

  void checksum(long position, long length, Checksum checksum) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK, Math.max(length, 1)));
    for (long done = 0; done < length; done += chunk.limit()) {
      read(position + done, chunk.clear().limit((int) Math.min(chunk.capacity(), length - done)));
      checksum.update(chunk.flip());
    }
  }

  CorruptWeightsException corrupt(long offset, String problem) {
    return new CorruptWeightsException(file, offset, problem);
  }

  /** As above, with the problem formatted by {@link String#format}. */
  CorruptWeightsException corrupt(long offset, String format, Object... arguments) {
    return corrupt(offset, String.format(Locale.ROOT, format, arguments));
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  private record InFile(FileChannel channel) implements Source {
    @Override
    public int read(ByteBuffer into, long position) throws IOException {
      return channel.read(into, position);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private record InMemory(byte[] all) implements Source {
    @Override
    public int read(ByteBuffer into, long position) {
      int count = (int) Math.min(into.remaining(), all.length - position);
      if (count <= 0) {
        return -1;
      }
      into.put(all, (int) position, count);
      return count;
    }

    @Override
    public void close() {}
  }
}
