package org.ipt4j.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.ipt4j.weights.Tensor;

/**
 * A Protocol Buffers message that can only be written. Lengths stand before contents, so they are
 * counted first; a tensor's numbers are asked for while they are written. Field numbers and
 * encoding: protobuf.dev, "Encoding".
 */
final class Message {
  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;
  private static final int PAYLOAD = 7; // bits of a byte of a varint

  private interface Content {
    void writeTo(Output out) throws IOException;
  }

  private record Field(LongSupplier size, Content content) {}

  private final List<Field> fields = new ArrayList<>();

  Message add(int number, long value) {
    return add(number, VARINT, () -> sizeOf(value), out -> out.varint(value));
  }

  Message add(int number, float value) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    byte[] number32 = bytes.putFloat(value).array();
    return add(number, FIXED32, () -> Float.BYTES, out -> out.stream.write(number32));
  }

  Message add(int number, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return addDelimited(number, () -> bytes.length, out -> out.stream.write(bytes));
  }

  Message add(int number, Message inner) {
    return addDelimited(number, inner::size, inner::write);
  }

  /** The tensor's numbers, little-endian. */
  Message add(int number, Tensor tensor) {
    return addDelimited(number, tensor::byteLength, tensor::writeTo);
  }

  private Message addDelimited(int number, LongSupplier size, Content content) {
    return add(
        number,
        LENGTH_DELIMITED,
        () -> {
          long bytes = size.getAsLong();
          return sizeOf(bytes) + bytes;
        },
        out -> {
          out.varint(size.getAsLong());
          content.writeTo(out);
        });
  }

  private Message add(int number, int wireType, LongSupplier size, Content content) {
    long tag = (long) number << 3 | wireType;
    fields.add(
        new Field(
            () -> sizeOf(tag) + size.getAsLong(),
            out -> {
              out.varint(tag);
              content.writeTo(out);
            }));
    return this;
  }

  private static int sizeOf(long varint) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(varint | 1);
    return (bits + PAYLOAD - 1) / PAYLOAD;
  }

  /** Its size in bytes. */
  long size() {
    return fields.stream().mapToLong(field -> field.size().getAsLong()).sum();
  }

  /** Writes all of it, without its length in front. */
  void writeTo(OutputStream stream) throws IOException {
    write(new Output(stream));
  }

  private void write(Output out) throws IOException {
    for (Field field : fields) {
      field.content().writeTo(out);
    }
  }

  private static final class Output implements Tensor.Sink {
    private final OutputStream stream;
    private final WritableByteChannel channel;
    private final Map<Integer, float[]> arrays = new HashMap<>();

    Output(OutputStream stream) {
      this.stream = stream;
      this.channel = Channels.newChannel(stream);
    }

    void varint(long value) throws IOException {
      long left = value;
      while ((left & -(1L << PAYLOAD)) != 0) {
        stream.write((int) left & (1 << PAYLOAD) - 1 | 1 << PAYLOAD);
        left >>>= PAYLOAD;
      }
      stream.write((int) left);
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public float[] array(int length) {
      return arrays.computeIfAbsent(length, float[]::new);
    }
  }
}
