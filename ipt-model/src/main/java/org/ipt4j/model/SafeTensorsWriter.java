package org.ipt4j.model;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import org.ipt4j.weights.AtomicFiles;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Writes the format: the tensors aligned, each to its elements, and a checksum. */
final class SafeTensorsWriter {
  private static final int ALIGNMENT = 8; // of the header's end
  private static final int CHUNK = 1 << 20; // elements

  private SafeTensorsWriter() {}

  static void write(Path file, Map<String, String> metadata, Map<String, INDArray> tensors)
      throws IOException {
    // The widest elements first, so that every tensor is aligned to its elements, which PyTorch
    // needs; the header keeps the given order.
    List<String> byWidth = new ArrayList<>(tensors.keySet());
    byWidth.sort(Comparator.comparingInt(name -> -tensors.get(name).dataType().width()));
    ByteBuffer header = header(metadata, tensors, byWidth);
    AtomicFiles.write(
        file,
        channel -> {
          CRC32C checksum = new CRC32C();
          write(channel, header, checksum);
          for (String name : byWidth) {
            write(channel, tensors.get(name), checksum);
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

  private static ByteBuffer header(
      Map<String, String> metadata, Map<String, INDArray> tensors, List<String> order)
      throws IOException {
    Map<String, Long> begins = new LinkedHashMap<>();
    long end = 0;
    for (String name : order) {
      begins.put(name, end);
      end += byteLength(tensors.get(name));
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (JsonGenerator json = SafeTensorsHeader.JSON.createGenerator(text, JsonEncoding.UTF8)) {
      json.writeStartObject();
      write(json, metadata);
      for (Map.Entry<String, INDArray> entry : tensors.entrySet()) {
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

  private static void write(JsonGenerator json, String name, INDArray tensor, long begin)
      throws IOException {
    if (name.equals(SafeTensors.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be named " + SafeTensors.METADATA);
    }
    json.writeObjectFieldStart(name);
    json.writeStringField("dtype", SafeTensorsTypes.name(name, tensor.dataType()));
    json.writeFieldName("shape");
    json.writeArray(tensor.shape(), 0, tensor.rank());
    json.writeFieldName("data_offsets");
    json.writeArray(new long[] {begin, begin + byteLength(tensor)}, 0, 2);
    json.writeEndObject();
  }

  private static long byteLength(INDArray tensor) {
    return tensor.isEmpty() ? 0 : tensor.length() * tensor.dataType().width();
  }

  private static void write(FileChannel channel, INDArray tensor, CRC32C checksum)
      throws IOException {
    if (tensor.isEmpty()) {
      return;
    }
    if (!ArrayBytes.isContiguous(tensor)) {
      try (INDArray copy = Nd4j.createUninitializedDetached(tensor.dataType(), tensor.shape())) {
        write(channel, copy.assign(tensor), checksum);
      }
      return;
    }
    ArrayBytes.ensureOnHost(tensor);
    for (long first = 0; first < tensor.length(); first += CHUNK) {
      int count = (int) Math.min(CHUNK, tensor.length() - first);
      write(channel, ArrayBytes.window(tensor, first, count), checksum);
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes, CRC32C checksum)
      throws IOException {
    checksum.update(bytes.duplicate());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
