package org.ipt4j.weights;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/** Writes the format: tensors aligned to their element size, and a checksum. */
final class SafeTensorsWriter {
  private static final int ALIGNMENT = 8; // of the header's end

  private SafeTensorsWriter() {}

  static void write(Path file, Map<String, String> metadata, Map<String, Tensor> tensors)
      throws IOException {
    // The widest elements first, so that every tensor is aligned to its elements, which PyTorch
    // needs; the header keeps the given order.
    List<String> byWidth = new ArrayList<>(tensors.keySet());
    byWidth.sort(Comparator.comparingInt(name -> -tensors.get(name).type().width()));
    ByteBuffer header = header(metadata, tensors, byWidth);
    AtomicFiles.write(
        file,
        channel -> {
          CRC32C checksum = new CRC32C();
          write(channel, header, checksum);
          Body body = new Body(channel, checksum, new HashMap<>());
          for (String name : byWidth) {
            tensors.get(name).writeTo(body);
          }
          ByteBuffer digits =
              ByteBuffer.wrap(
                  SafeTensorsChecksum.hex(checksum).getBytes(StandardCharsets.US_ASCII));
          long at = SafeTensorsChecksum.POSITION;
          while (digits.hasRemaining()) {
            at += channel.write(digits, at);
          }
        });
  }

  /** Reuses its arrays: dropped large arrays are not collected before memory is short. */
  private record Body(FileChannel channel, CRC32C checksum, Map<Integer, float[]> arrays)
      implements Tensor.Sink {
    @Override
    public void write(ByteBuffer bytes) throws IOException {
      SafeTensorsWriter.write(channel, bytes, checksum);
    }

    @Override
    public float[] array(int length) {
      return arrays.computeIfAbsent(length, float[]::new);
    }
  }

  private static ByteBuffer header(
      Map<String, String> metadata, Map<String, Tensor> tensors, List<String> order)
      throws IOException {
    Map<String, Long> begins = new LinkedHashMap<>();
    long end = 0;
    for (String name : order) {
      begins.put(name, end);
      end += tensors.get(name).byteLength();
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = SafeTensorsHeader.JSON.createGenerator(text, JsonEncoding.UTF8)) {
      json.writeStartObject();
      write(json, metadata);
      for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
        write(json, entry.getKey(), entry.getValue(), begins.get(entry.getKey()));
      }
      json.writeEndObject();
    }
    while (text.size() % ALIGNMENT != 0) {
      text.write(' ');
    }
    if (text.size() > SafeTensors.MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a header of %d bytes is beyond the format's %d",
              text.size(),
              SafeTensors.MAX_HEADER_BYTES));
    }
    return ByteBuffer.allocate(SafeTensors.LENGTH_BYTES + text.size())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.size())
        .put(text.toByteArray())
        .flip();
  }

  private static void write(JsonGenerator json, Map<String, String> metadata) throws IOException {
    json.writeObjectFieldStart(SafeTensors.METADATA);
    json.writeFieldName(SafeTensorsChecksum.KEY);
    json.writeRawValue(" \"" + SafeTensorsChecksum.NO_DIGITS + "\"");
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      if (entry.getKey().equals(SafeTensorsChecksum.KEY)) {
        throw new IllegalArgumentException(
            "the metadata key " + SafeTensorsChecksum.KEY + " is the writer's");
      }
      json.writeStringField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, String name, Tensor tensor, long begin)
      throws IOException {
    if (name.equals(SafeTensors.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be named " + SafeTensors.METADATA);
    }
    json.writeObjectFieldStart(name);
    json.writeStringField("dtype", tensor.type().safeTensors());
    json.writeFieldName("shape");
    json.writeArray(tensor.shape(), 0, tensor.shape().length);
    json.writeFieldName("data_offsets");
    json.writeArray(new long[] {begin, begin + tensor.byteLength()}, 0, 2);
    json.writeEndObject();
  }

  private static void write(FileChannel channel, ByteBuffer bytes, CRC32C checksum)
      throws IOException {
    checksum.update(bytes.duplicate());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
