package org.ipt4j.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The content of a file's JSON header.
 *
 * @param metadata without the checksum
 * @param tensors in the header's order
 */
record SafeTensorsHeader(Map<String, String> metadata, List<Tensor> tensors) {
  static final int MAX_TENSORS = 100_000;
  static final int MAX_METADATA = 100_000; // entries

  static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // a stranger's keys must not pile up in Jackson's shared table
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxNumberLength(20)
                  .maxStringLength(SafeTensors.MAX_HEADER_BYTES)
                  .build())
          .build();

  /** A header's entry; begin and end count from the end of the header. */
  record Tensor(String name, ElementType type, long[] shape, long begin, long end) {}

  /** Parses a header; each tensor must have as many bytes as its shape takes. */
  static SafeTensorsHeader parse(WeightBytes bytes, byte[] header) throws IOException {
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
        throw bytes.corrupt(SafeTensors.LENGTH_BYTES + at, "bad header: " + message(problem));
      }
    }
  }

  private static String message(Exception problem) {
    return problem instanceof JsonProcessingException json
        ? json.getOriginalMessage()
        : problem.getMessage();
  }

  private static SafeTensorsHeader parseHeader(JsonParser json) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Tensor> tensors = new ArrayList<>();
    expect(json.nextToken(), JsonToken.START_OBJECT);
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      if (name.equals(SafeTensors.METADATA)) {
        parseMetadata(json, metadata);
      } else if (tensors.size() == MAX_TENSORS) {
        throw new IOException("more than " + MAX_TENSORS + " tensors");
      } else {
        tensors.add(parseTensor(json, name));
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
    expect(json.nextToken(), null);
    metadata.remove(SafeTensorsChecksum.KEY);
    return new SafeTensorsHeader(metadata, tensors);
  }

  private static void parseMetadata(JsonParser json, Map<String, String> metadata)
      throws IOException {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
      if (metadata.size() == MAX_METADATA) {
        throw new IOException("more than " + MAX_METADATA + " entries of metadata");
      }
      expect(json.nextToken(), JsonToken.VALUE_STRING);
      metadata.put(key, json.getText());
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
  }

  private static Tensor parseTensor(JsonParser json, String name) throws IOException {
    ElementType type = null;
    long[] shape = null;
    long[] offsets = null;
    expect(json.nextToken(), JsonToken.START_OBJECT);
    for (String key = json.nextFieldName(); key != null; key = json.nextFieldName()) {
      switch (key) {
        case "dtype" -> {
          expect(json.nextToken(), JsonToken.VALUE_STRING);
          type = ElementType.ofSafeTensors(name, json.getText());
        }
        case "shape" -> shape = parseSizes(json, TensorEntry.MAX_RANK);
        case "data_offsets" -> offsets = parseSizes(json, 2);
        default -> throw new IOException(name + ": unknown key " + key);
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
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
    return new Tensor(name, type, shape, offsets[0], offsets[1]);
  }

  private static long[] parseSizes(JsonParser json, int most) throws IOException {
    expect(json.nextToken(), JsonToken.START_ARRAY);
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
    expect(json.currentToken(), JsonToken.END_ARRAY);
    return Arrays.copyOf(sizes, count);
  }

  private static void expect(JsonToken got, JsonToken expected) throws IOException {
    if (got != expected) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "expected %s, got %s",
              expected == null ? "the header's end" : expected,
              got == null ? "the header's end" : got));
    }
  }
}
