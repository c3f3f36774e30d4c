package org.ipt4j.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The bytes of one or more pickles, one after another, each of bounded length. */
final class PickleInput {
  private static final int CHUNK = 1 << 16;

  private final WeightBytes bytes;
  private final long end;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long bufferEnd; // the file's byte after the buffer's last

  /** Reads from {@code start} on, never beyond {@code end}, which lies in the file. */
  PickleInput(WeightBytes bytes, long start, long end) {
    this.bytes = bytes;
    this.end = end;
    this.bufferEnd = start;
  }

  long position() {
    return bufferEnd - buffer.remaining();
  }

  byte readByte() throws IOException {
    return need(1).get();
  }

  int readUnsignedByte() throws IOException {
    return readByte() & 0xff;
  }

  int readUnsignedShort() throws IOException {
    return need(2).getShort() & 0xffff;
  }

  int readInt() throws IOException {
    return need(4).getInt();
  }

  long readLong() throws IOException {
    return need(8).getLong();
  }

  /** Reads {@code count} bytes; checks that they are there before making room for them. */
  byte[] read(long count) throws IOException {
    if (count < 0 || count > end - position()) {
      throw tooShort(Long.toUnsignedString(count));
    }
    byte[] read = new byte[Math.toIntExact(count)];
    int buffered = Math.min(read.length, buffer.remaining());
    buffer.get(read, 0, buffered);
    bytes.read(bufferEnd, ByteBuffer.wrap(read, buffered, read.length - buffered));
    bufferEnd += read.length - buffered;
    return read;
  }

  CorruptWeightsException corrupt(String problem) {
    return bytes.corrupt(position(), problem);
  }

  private ByteBuffer need(int count) throws IOException {
    if (buffer.remaining() < count) {
      if (count > end - position()) {
        throw tooShort(Integer.toString(count));
      }
      buffer.compact();
      buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + end - bufferEnd));
      int added = buffer.remaining();
      bytes.read(bufferEnd, buffer);
      bufferEnd += added;
      buffer.flip();
    }
    return buffer;
  }

  private CorruptWeightsException tooShort(String count) {
    return corrupt("expected " + count + " more bytes of pickle, got " + (end - position()));
  }
}
