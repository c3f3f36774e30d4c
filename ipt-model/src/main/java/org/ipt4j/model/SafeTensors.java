package org.ipt4j.model;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import org.ipt4j.core.AtomicFiles;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The safetensors format: eight bytes of header length, a JSON header, the tensors' bytes; all
 * little-endian. Reading holds a file to the format's rules as the reference library does, and is
 * stricter in three points: duplicate and unknown keys are refused, and so are more than {@value
 * #MAX_TENSORS} tensors.
 *
 * <p>Files written here carry a checksum, the CRC-32C of the whole file with the checksum's own
 * eight digits taken as zeros. It stands first in the metadata, after a space that other writers do
 * not make there: a file that another program has written again keeps the key, but is no longer
 * held to it. It finds damage, not forgery.
 */
public final class SafeTensors {
  private static final int LENGTH_BYTES = 8;
  private static final int MAX_HEADER_BYTES = 100_000_000; // the reference's limit
  private static final int MAX_TENSORS = 100_000;
  private static final int MAX_RANK = 32; // ND4J's
  private static final int ALIGNMENT = 8;

  private static final String METADATA = "__metadata__";
  private static final String CHECKSUM = "ipt4j.crc32c";
  private static final String NO_CHECKSUM = "00000000";
  private static final byte[] BEFORE_CHECKSUM =
      ("{\"" + METADATA + "\":{\"" + CHECKSUM + "\": \"").getBytes(StandardCharsets.US_ASCII);

  private static final Map<String, DataType> TYPES =
      Map.ofEntries(
          Map.entry("F64", DataType.DOUBLE),
          Map.entry("F32", DataType.FLOAT),
          Map.entry("F16", DataType.FLOAT16),
          Map.entry("BF16", DataType.BFLOAT16),
          Map.entry("I64", DataType.INT64),
          Map.entry("I32", DataType.INT32),
          Map.entry("I16", DataType.INT16),
          Map.entry("I8", DataType.INT8),
          Map.entry("U64", DataType.UINT64),
          Map.entry("U32", DataType.UINT32),
          Map.entry("U16", DataType.UINT16),
          Map.entry("U8", DataType.UINT8),
          Map.entry("BOOL", DataType.BOOL));

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // a stranger's keys must not pile up in Jackson's shared table
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxNumberLength(20)
                  .maxStringLength(MAX_HEADER_BYTES)
                  .build())
          .build();

  private record Header(Map<String, String> metadata, List<Stored> tensors) {}

  /** A header's entry; begin and end count from the end of the header. */
  private record Stored(String name, DataType type, long[] shape, long begin, long end) {}

  private SafeTensors() {}

  /**
   * Opens a file and checks everything that can be known without the elements, and the checksum of
   * files that carry one.
   *
   * @throws CorruptWeightsException if the file breaks the format's rules or its checksum
   */
  public static TensorFile open(Path file) throws IOException {
    return WeightBytes.open(file, SafeTensors::parseFile);
  }

  private static TensorFile parseFile(WeightBytes bytes) throws IOException {
    if (bytes.size() < LENGTH_BYTES) {
      throw bytes.corrupt(0, "expected at least 8 bytes, got " + bytes.size());
    }
    long headerLength = bytes.read(0, LENGTH_BYTES).getLong();
    if (headerLength < 2 || headerLength > MAX_HEADER_BYTES) {
      throw bytes.corrupt(
          0,
          "expected a header of 2 to %d bytes, got %s",
          MAX_HEADER_BYTES,
          Long.toUnsignedString(headerLength));
    }
    long dataStart = LENGTH_BYTES + headerLength;
    if (dataStart > bytes.size()) {
      throw bytes.corrupt(
          0, "a header of %d bytes does not fit a file of %d", headerLength, bytes.size());
    }
    byte[] headerBytes = bytes.read(LENGTH_BYTES, (int) headerLength).array();
    if (headerBytes[0] != '{') {
      throw bytes.corrupt(LENGTH_BYTES, "expected a header that begins with '{'");
    }
    verifyChecksum(bytes, headerBytes);
    Header header = parse(bytes, headerBytes);
    checkLayout(bytes, header.tensors(), dataStart);
    Map<String, TensorEntry> entries = new LinkedHashMap<>();
    for (Stored tensor : header.tensors()) {
      entries.put(
          tensor.name(),
          TensorEntry.contiguous(
              tensor.name(), tensor.type(), tensor.shape(), dataStart + tensor.begin()));
    }
    return new TensorFile(bytes, entries, header.metadata());
  }

  private static void verifyChecksum(WeightBytes bytes, byte[] header) throws IOException {
    int digits = BEFORE_CHECKSUM.length;
    int afterDigits = digits + NO_CHECKSUM.length();
    if (header.length <= afterDigits
        || !Arrays.equals(header, 0, digits, BEFORE_CHECKSUM, 0, digits)) {
      return;
    }
    String expected = new String(header, digits, NO_CHECKSUM.length(), StandardCharsets.ISO_8859_1);
    CRC32C checksum = new CRC32C();
    bytes.checksum(0, LENGTH_BYTES + digits, checksum);
    checksum.update(NO_CHECKSUM.getBytes(StandardCharsets.US_ASCII));
    int rest = LENGTH_BYTES + afterDigits;
    bytes.checksum(rest, bytes.size() - rest, checksum);
    String actual = hex(checksum);
    if (!actual.equals(expected)) {
      throw bytes.corrupt(
          LENGTH_BYTES + digits,
          "the file is damaged: expected checksum %s, got %s",
          expected,
          actual);
    }
  }

  private static String hex(CRC32C checksum) {
    return HexFormat.of().toHexDigits((int) checksum.getValue());
  }

  /** The tensors' bytes must fill the file after the header exactly, without overlap. */
  private static void checkLayout(WeightBytes bytes, List<Stored> tensors, long dataStart)
      throws IOException {
    List<Stored> byPlace = new ArrayList<>(tensors);
    byPlace.sort(Comparator.comparingLong(Stored::begin).thenComparingLong(Stored::end));
    long length = bytes.size() - dataStart;
    long end = 0;
    for (Stored tensor : byPlace) {
      if (tensor.begin() != end) {
        throw bytes.corrupt(
            dataStart + Math.min(end, length),
            "%s of the tensors' bytes: %s begins at %d, expected %d",
            tensor.begin() < end ? "overlap" : "gap",
            tensor.name(),
            tensor.begin(),
            end);
      }
      end = tensor.end();
    }
    if (end != length) {
      throw bytes.corrupt(bytes.size(), "expected %d bytes of tensors, got %d", end, length);
    }
  }

  private static Header parse(WeightBytes bytes, byte[] header) throws IOException {
    try (JsonParser json =
        JSON.createParser(
            // a decoder that refuses malformed UTF-8
            new InputStreamReader(
                new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder()))) {
      try {
        return parseHeader(json);
      } catch (IOException | ArithmeticException problem) {
        // at the header's end Jackson counts the last buffer twice
        long at = Math.min(Math.max(0, json.currentLocation().getCharOffset()), header.length);
        throw bytes.corrupt(LENGTH_BYTES + at, "bad header: " + message(problem));
      }
    }
  }

  private static String message(Exception problem) {
    return problem instanceof JsonProcessingException json
        ? json.getOriginalMessage()
        : problem.getMessage();
  }

  private static Header parseHeader(JsonParser json) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Stored> tensors = new ArrayList<>();
    expect(json, json.nextToken(), JsonToken.START_OBJECT);
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      if (name.equals(METADATA)) {
        parseMetadata(json, metadata);
      } else if (tensors.size() == MAX_TENSORS) {
        throw new IOException("more than " + MAX_TENSORS + " tensors");
      } else {
        tensors.add(parseTensor(json, name));
      }
    }
    expect(json, json.currentToken(), JsonToken.END_OBJECT);
    expect(json, json.nextToken(), null);
    metadata.remove(CHECKSUM);
    return new Header(metadata, tensors);
  }

  private static void parseMetadata(JsonParser json, Map<String, String> metadata)
      throws IOException {
    expect(json, json.nextToken(), JsonToken.START_OBJECT);
    for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
      expect(json, json.nextToken(), JsonToken.VALUE_STRING);
      metadata.put(key, json.getText());
    }
    expect(json, json.currentToken(), JsonToken.END_OBJECT);
  }

  private static Stored parseTensor(JsonParser json, String name) throws IOException {
    DataType type = null;
    long[] shape = null;
    long[] offsets = null;
    expect(json, json.nextToken(), JsonToken.START_OBJECT);
    for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
      switch (key) {
        case "dtype" -> {
          expect(json, json.nextToken(), JsonToken.VALUE_STRING);
          type = TYPES.get(json.getText());
          if (type == null) {
            throw new IOException(
                name + ": expected a dtype of " + TYPES.keySet() + ", got " + json.getText());
          }
        }
        case "shape" -> shape = parseSizes(json, MAX_RANK);
        case "data_offsets" -> offsets = parseSizes(json, 2);
        default -> throw new IOException(name + ": unknown key " + key);
      }
    }
    expect(json, json.currentToken(), JsonToken.END_OBJECT);
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw new IOException(name + ": expected dtype, shape and two data_offsets");
    }
    long expected = Math.multiplyExact(TensorEntry.elements(shape), (long) type.width());
    if (offsets[0] > offsets[1] || offsets[1] - offsets[0] != expected) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s: shape %s of %s takes %d bytes, but data_offsets are %s",
              name,
              Arrays.toString(shape),
              type,
              expected,
              Arrays.toString(offsets)));
    }
    return new Stored(name, type, shape, offsets[0], offsets[1]);
  }

  private static long[] parseSizes(JsonParser json, int most) throws IOException {
    expect(json, json.nextToken(), JsonToken.START_ARRAY);
    long[] sizes = new long[most];
    int count = 0;
    while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
      if (count == most) {
        throw new IOException("more than " + most + " numbers in an array");
      }
      long size = json.getLongValue();
      if (size < 0) {
        throw new IOException("negative size " + size);
      }
      sizes[count++] = size;
    }
    expect(json, json.currentToken(), JsonToken.END_ARRAY);
    return Arrays.copyOf(sizes, count);
  }

  private static void expect(JsonParser json, JsonToken got, JsonToken expected)
      throws IOException {
    if (got != expected) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "expected %s, got %s",
              expected == null ? "the header's end" : expected,
              got == null ? "the header's end" : got));
    }
  }

  /**
   * Writes tensors, complete or not at all, straight from the arrays' memory.
   *
   * @param metadata texts to keep beside the tensors, for {@link TensorFile#metadata}
   * @param tensors listed in the file in this map's order; views are allowed, of which those that
   *     are not 'c'-ordered without gaps are copied one by one
   */
  public static void write(Path file, Map<String, String> metadata, Map<String, INDArray> tensors)
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
          ByteBuffer digits = ByteBuffer.wrap(hex(checksum).getBytes(StandardCharsets.US_ASCII));
          long at = LENGTH_BYTES + BEFORE_CHECKSUM.length;
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
    try (JsonGenerator json = JSON.createGenerator(text, JsonEncoding.UTF8)) {
      json.writeStartObject();
      json.writeObjectFieldStart(METADATA);
      json.writeFieldName(CHECKSUM);
      json.writeRawValue(" \"" + NO_CHECKSUM + "\"");
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        if (entry.getKey().equals(CHECKSUM)) {
          throw new IllegalArgumentException("the metadata key " + CHECKSUM + " is the writer's");
        }
        json.writeStringField(entry.getKey(), entry.getValue());
      }
      json.writeEndObject();
      for (Map.Entry<String, INDArray> entry : tensors.entrySet()) {
        if (entry.getKey().equals(METADATA)) {
          throw new IllegalArgumentException("a tensor cannot be named " + METADATA);
        }
        long begin = begins.get(entry.getKey());
        INDArray tensor = entry.getValue();
        json.writeObjectFieldStart(entry.getKey());
        json.writeStringField("dtype", typeName(entry.getKey(), tensor.dataType()));
        json.writeFieldName("shape");
        json.writeArray(tensor.shape(), 0, tensor.rank());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {begin, begin + byteLength(tensor)}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    while (text.size() % ALIGNMENT != 0) {
      text.write(' ');
    }
    if (text.size() > MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a header of %d bytes is beyond the format's %d",
              text.size(),
              MAX_HEADER_BYTES));
    }
    return ByteBuffer.allocate(LENGTH_BYTES + text.size())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.size())
        .put(text.toByteArray())
        .flip();
  }

  private static long byteLength(INDArray tensor) {
    return tensor.isEmpty() ? 0 : tensor.length() * tensor.dataType().width();
  }

  private static String typeName(String name, DataType type) {
    for (Map.Entry<String, DataType> entry : TYPES.entrySet()) {
      if (entry.getValue() == type) {
        return entry.getKey();
      }
    }
    throw new IllegalArgumentException(name + ": safetensors has no type for " + type);
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
    int chunk = 1 << 20;
    for (long first = 0; first < tensor.length(); first += chunk) {
      int count = (int) Math.min(chunk, tensor.length() - first);
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
