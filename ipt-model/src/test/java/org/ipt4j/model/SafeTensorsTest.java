package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class SafeTensorsTest {
  @TempDir Path folder;

  @Test
  void readsWhatTheReferenceLibraryWrote() throws IOException {
    try (TensorFile file = SafeTensors.open(GoldenFiles.file("contrastive.safetensors"))) {
      assertThat(file.metadata()).containsExactly(Map.entry("temperature_supcon", "0.07"));
      assertThat(file.names())
          .containsExactly("features", "paper.loss", "paper.grad", "supcon.loss", "supcon.grad");
      assertThat(file.dataType("features")).isEqualTo(DataType.DOUBLE);
      assertThat(file.shape("features")).containsExactly(3, 4, 5);
      // the first and the last element, by numpy
      INDArray features = file.read("features");
      assertThat(features.getDouble(0, 0, 0)).isEqualTo(0.8235713931461853);
      assertThat(features.getDouble(2, 3, 4)).isEqualTo(0.8616420500868904);
    }
    try (TensorFile file = SafeTensors.open(GoldenFiles.file("ipt-a-io.safetensors"))) {
      assertThat(file.metadata()).containsEntry("n_feats", "4").containsEntry("scale", "2+3+1");
      assertThat(file.shape("task0.input")).containsExactly(2, 3, 12, 12);
    }
  }

  @Test
  void writesAndReadsEveryTypeInTheGivenOrder() throws IOException {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("odd bytes", Nd4j.createFromArray((byte) 1, (byte) -2, (byte) 3));
    tensors.put("floats", Nd4j.createFromArray(new float[][] {{1, -0f}, {Float.NaN, 1e-45f}}));
    tensors.put("doubles", Nd4j.createFromArray(Math.PI, -Double.MIN_VALUE));
    tensors.put("longs", Nd4j.createFromArray(Long.MIN_VALUE, 7, Long.MAX_VALUE));
    tensors.put("halves", Nd4j.createFromArray(1.5f, -2f).castTo(DataType.FLOAT16));
    tensors.put("scalar", Nd4j.scalar(3f));
    tensors.put("empty", Nd4j.createUninitializedDetached(DataType.FLOAT, 0, 3));
    Path path = folder.resolve("new/all \"types\" ü.safetensors");
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("z", "{\"json\": [1]}");
    metadata.put("a", "ü\n");

    SafeTensors.write(path, metadata, tensors);

    try (TensorFile file = SafeTensors.open(path)) {
      assertThat(file.metadata()).containsExactlyEntriesOf(metadata);
      assertThat(file.names()).containsExactlyElementsOf(tensors.keySet());
      for (String name : tensors.keySet()) {
        INDArray read = file.read(name);
        assertThat(read.dataType()).isEqualTo(tensors.get(name).dataType());
        assertThat(read.shape()).isEqualTo(tensors.get(name).shape());
        assertThat(bits(read)).as(name).isEqualTo(bits(tensors.get(name)));
      }
    }
  }

  @Test
  void alignsHeaderAndTensors() throws IOException {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    tensors.put("one byte", Nd4j.createFromArray((byte) 1));
    tensors.put("one float", Nd4j.createFromArray(2f));
    tensors.put("one double", Nd4j.createFromArray(3d));
    for (int padding = 0; padding < 8; padding++) {
      Path path = folder.resolve("aligned.safetensors");
      SafeTensors.write(path, Map.of("key", "x".repeat(padding)), tensors);
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
      int start = 8 + Math.toIntExact(bytes.getLong());
      assertThat(start % 8).isZero();
      assertThat(bytes.capacity()).isEqualTo(start + 13);
      assertThat(bytes.getDouble(start)).isEqualTo(3);
      assertThat(bytes.getFloat(start + 8)).isEqualTo(2);
    }
  }

  @Test
  void writesViewsAsTheirElements() throws IOException {
    INDArray flat = Nd4j.arange(24).castTo(DataType.FLOAT);
    INDArray matrix = flat.get(NDArrayIndex.interval(6, 18)).reshape('c', new long[] {3, 4});
    Map<String, INDArray> views = new LinkedHashMap<>();
    views.put("contiguous", matrix);
    views.put("transposed", matrix.transpose());
    views.put("column", matrix.getColumn(1));
    views.put("rows", matrix.get(NDArrayIndex.interval(1, 3), NDArrayIndex.all()));
    Path path = folder.resolve("views.safetensors");
    SafeTensors.write(path, Map.of(), views);
    try (TensorFile file = SafeTensors.open(path)) {
      assertThat(file.read("contiguous").toFloatMatrix())
          .isDeepEqualTo(new float[][] {{6, 7, 8, 9}, {10, 11, 12, 13}, {14, 15, 16, 17}});
      assertThat(file.read("transposed").toFloatMatrix())
          .isDeepEqualTo(new float[][] {{6, 10, 14}, {7, 11, 15}, {8, 12, 16}, {9, 13, 17}});
      assertThat(file.read("column").toFloatVector()).containsExactly(7, 11, 15);
      assertThat(file.read("rows").toFloatMatrix())
          .isDeepEqualTo(new float[][] {{10, 11, 12, 13}, {14, 15, 16, 17}});
    }
  }

  @Test
  void readsIntoViewsOfALargerVectorAndTouchesNothingElse() throws IOException {
    Path path = folder.resolve("six.safetensors");
    SafeTensors.write(
        path, Map.of(), Map.of("six", Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}})));
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      INDArray flat = Nd4j.valueArrayOf(new long[] {10}, -1, type);
      INDArray view = flat.get(NDArrayIndex.interval(3, 9)).reshape('c', new long[] {2, 3});
      try (TensorFile file = SafeTensors.open(path)) {
        file.readInto("six", view);
      }
      assertThat(flat.toDoubleVector()).containsExactly(-1, -1, -1, 1, 2, 3, 4, 5, 6, -1);
    }
  }

  @Test
  void readsIntoArraysWhoseStridesDifferWhereSizesAreOne() throws IOException {
    Path path = folder.resolve("six.safetensors");
    INDArray six = Nd4j.createFromArray(new float[][][] {{{1, 2, 3}, {4, 5, 6}}});
    SafeTensors.write(path, Map.of(), Map.of("six", six));
    INDArray target = Nd4j.createUninitialized(DataType.FLOAT, 2, 1, 3).permute(1, 0, 2);
    assertThat(target.stride()).isNotEqualTo(six.stride());
    try (TensorFile file = SafeTensors.open(path)) {
      file.readInto("six", target);
    }
    assertThat(target).isEqualTo(six);
  }

  @Test
  void readsAcrossChunks() throws IOException {
    INDArray large = Nd4j.arange(600_011).castTo(DataType.DOUBLE);
    Path path = folder.resolve("large.safetensors");
    SafeTensors.write(path, Map.of(), Map.of("large", large));
    try (TensorFile file = SafeTensors.open(path)) {
      assertThat(file.read("large")).isEqualTo(large);
      INDArray floats = Nd4j.createUninitialized(DataType.FLOAT, 600_011);
      file.readInto("large", floats);
      assertThat(floats).isEqualTo(large.castTo(DataType.FLOAT));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "F16, 0000, 0",
    "F16, 0080, -0.0",
    "F16, 0100, 5.9604644775390625E-8",
    "F16, ff03, 6.097555160522461E-5",
    "F16, 0004, 6.103515625E-5",
    "F16, 003c, 1",
    "F16, 00c0, -2",
    "F16, ff7b, 65504",
    "F16, 007c, Infinity",
    "F16, 00fc, -Infinity",
    "F16, 007e, NaN",
    "F16, 5535, 0.333251953125",
    "BF16, 803f, 1",
    "BF16, 49c0, -3.140625",
    "BF16, 7f7f, 3.3895313892515355E38",
    "BF16, 80ff, -Infinity",
    "BF16, 0000, 0",
    "BF16, 0100, 9.183549615799121E-41",
    "F32, 0000803f, 1",
    "F64, 000000000000f03f, 1",
  })
  void convertsFloatingPointTypes(String type, String littleEndianHex, double value)
      throws IOException {
    byte[] data = HexFormat.of().parseHex(littleEndianHex);
    Path path =
        write(
            "{\"x\":{\"dtype\":\""
                + type
                + "\",\"shape\":[1],\"data_offsets\":[0,"
                + data.length
                + "]}}",
            data);
    try (TensorFile file = SafeTensors.open(path)) {
      for (DataType target : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
        INDArray array = Nd4j.createUninitialized(target, 1);
        if (Double.isFinite(value)) {
          file.readInto("x", array);
          assertThat(array.getDouble(0)).isEqualTo(Double.valueOf(value));
        } else {
          assertThatThrownBy(() -> file.readInto("x", array))
              .isInstanceOf(CorruptWeightsException.class)
              .hasMessageContaining("x[0]: expected a finite float")
              .hasMessageEndingWith("got " + value);
        }
      }
    }
  }

  @Test
  void tellsTheCallersMistakesFromTheFiles() throws IOException {
    Path path = folder.resolve("x.safetensors");
    SafeTensors.write(
        path,
        Map.of(),
        Map.of("x", Nd4j.createFromArray(1f, 2f, 3f), "n", Nd4j.createFromArray(1L, 2L, 3L)));
    try (TensorFile file = SafeTensors.open(path)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> file.read("y"))
          .withMessageContaining("no tensor y in");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> file.readInto("x", Nd4j.createUninitialized(DataType.INT64, 3)))
          .withMessageContaining("FLOAT or DOUBLE, got LONG");
      INDArray column = Nd4j.createUninitialized(DataType.FLOAT, 3, 2).getColumn(0);
      file.readInto("x", column);
      assertThat(column.toDoubleVector()).containsExactly(1, 2, 3);
      assertThatThrownBy(() -> file.readInto("x", Nd4j.createUninitialized(DataType.FLOAT, 3, 1)))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("x.safetensors, byte ")
          .hasMessageContaining("x: expected shape [3, 1], got [3]");
      assertThatThrownBy(() -> file.readInto("n", Nd4j.createUninitialized(DataType.FLOAT, 3)))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("n: expected floating-point numbers, got LONG");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> SafeTensors.write(path, Map.of(), Map.of("__metadata__", Nd4j.scalar(1f))));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(path, Map.of("ipt4j.crc32c", "0"), Map.of()));
  }

  @Test
  void noticesEveryFlippedBitOfItsOwnFiles() throws IOException {
    Path path = folder.resolve("x.safetensors");
    SafeTensors.write(path, Map.of("k", "v"), Map.of("x", Nd4j.createFromArray(1f, 2f, 3f)));
    byte[] good = Files.readAllBytes(path);
    String text = new String(good, StandardCharsets.ISO_8859_1);
    // a flip in the checksum's own name makes it another key: harmless, and not noticed
    int unnoticedFrom = text.indexOf("ipt4j");
    int unnoticedTo = text.indexOf("\": \"");
    for (int at = 0; at < good.length; at++) {
      if (at >= unnoticedFrom && at < unnoticedTo) {
        continue;
      }
      for (int bit = 0; bit < 8; bit++) {
        byte[] bad = good.clone();
        bad[at] ^= (byte) (1 << bit);
        Files.write(path, bad);
        assertThatThrownBy(() -> SafeTensors.open(path).close())
            .as("byte %d, bit %d", at, bit)
            .isInstanceOf(CorruptWeightsException.class);
      }
    }
    for (int length = 0; length < good.length; length++) {
      Files.write(path, Arrays.copyOf(good, length));
      assertThatThrownBy(() -> SafeTensors.open(path).close())
          .as("cut to %d bytes", length)
          .isInstanceOf(CorruptWeightsException.class);
    }
  }

  @Test
  void doesNotHoldAFileToAChecksumAnotherProgramCopied() throws IOException {
    Path path =
        write(
            "{\"__metadata__\":{\"ipt4j.crc32c\":\"12345678\"},"
                + "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
            new byte[1]);
    try (TensorFile file = SafeTensors.open(path)) {
      assertThat(file.metadata()).isEmpty();
    }
  }

  @Test
  void refusesWhatBreaksTheFormatsRules() throws IOException {
    String x = "\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    write("{" + x + "}   ", new byte[4]);
    assertThat(SafeTensors.open(folder.resolve("hand.safetensors")).names()).containsExactly("x");

    refuses("{" + x + "}", 5, "expected 4 bytes of tensors, got 5");
    refuses("{" + x + "}", 3, "expected 4 bytes of tensors, got 3");
    refuses("{" + x + "," + x + "}", 4, "Duplicate field 'x'");
    refuses("{" + x.replace("\"shape\":[1]", "\"shape\":[1],\"shape\":[1]") + "}", 4, "Duplicate");
    refuses("{" + x + "}x", 4, "Unrecognized token");
    refuses("{" + x + "}{}", 4, "expected the header's end");
    refuses(" {" + x + "}", 4, "begins with '{'");
    refuses("{" + x.replace("F32", "F31") + "}", 4, "got F31");
    refuses("{" + x.replace("[0,4]", "[0,5]") + "}", 5, "takes 4 bytes");
    refuses("{" + x.replace("[0,4]", "[4,0]") + "}", 4, "data_offsets are [4, 0]");
    refuses("{" + x.replace("[0,4]", "[-4,0]") + "}", 4, "negative size -4");
    refuses("{" + x.replace("[0,4]", "[0]") + "}", 4, "two data_offsets");
    refuses("{" + x.replace("[0,4]", "[0,4,8]") + "}", 4, "more than 2 numbers");
    refuses("{" + x.replace("[0,4]", "[0.0,4]") + "}", 4, "expected END_ARRAY");
    refuses("{" + x.replace("[0,4]", "[0,18446744073709551620]") + "}", 4, "out of range");
    refuses("{" + x.replace("[0,4]", "[2,6]") + "}", 6, "gap of the tensors' bytes: x begins at 2");
    refuses("{" + x + "," + x.replace("x", "y") + "}", 4, "overlap of the tensors' bytes");
    refuses("{" + x.replace("[1]", "[-1]") + "}", 4, "negative size -1");
    refuses("{" + x.replace("[1]", "[4294967296,4294967296,0]") + "}", 0, "overflow");
    refuses("{" + x.replace("[1]", "[4611686018427387905]") + "}", 4, "overflow");
    refuses("{" + x.replace("[1]", "[[1]]") + "}", 4, "expected END_ARRAY");
    refuses("{" + x.replace("[1]", "[" + "1,".repeat(32) + "1]") + "}", 4, "more than 32 numbers");
    refuses("{" + x.replace("dtype", "type") + "}", 4, "unknown key type");
    refuses("{\"x\":" + "[".repeat(2000) + "}", 4, "expected START_OBJECT");
    refuses("{\"x\":" + "{\"x\":".repeat(2000) + "}", 4, "unknown key x");
    refuses("{\"__metadata__\":{\"a\":{\"b\":1}}}", 0, "expected VALUE_STRING");
    refuses("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "Duplicate");
    refuses("{" + x.replace("F32", "%d%n\\u0007\\n" + "z".repeat(1000)) + "}", 4, "got %d%n??zzz");
    refuses("{\"x", 0, "bad header");
    refuses("[]", 0, "begins with '{'");

    Path longName =
        write("{" + x.replace("x", "y".repeat(10_000)).replace("F32", "?") + "}", new byte[4]);
    assertThatThrownBy(() -> SafeTensors.open(longName).close())
        .satisfies(problem -> assertThat(problem.getMessage()).hasSizeLessThan(5000));
  }

  @Test
  void refusesMalformedTextAndLengths() throws IOException {
    byte[] header =
        "{\"é\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
            .getBytes(StandardCharsets.ISO_8859_1);
    Path path = folder.resolve("raw.safetensors");
    Files.write(path, file(header.length, header, 0));
    refuses(path, "bad header: Input length = 1");
    Files.write(path, file(Long.MAX_VALUE, header, 0));
    refuses(path, "got 9223372036854775807");
    Files.write(path, file(-1, header, 0));
    refuses(path, "got 18446744073709551615");
    Files.write(path, file(100_000_000, header, 0));
    refuses(path, "does not fit");
    Files.write(path, file(0, header, 0));
    refuses(path, "expected a header of 2 to");
    Files.write(path, new byte[0]);
    refuses(path, "expected at least 8 bytes, got 0");
    assertThatThrownBy(() -> SafeTensors.open(folder.resolve("absent")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void noticesAFileCutShortWhileOpen() throws IOException {
    Path path =
        write("{\"x\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}}", new byte[5]);
    try (TensorFile file = SafeTensors.open(path)) {
      byte[] bytes = Files.readAllBytes(path);
      Files.write(path, Arrays.copyOf(bytes, bytes.length - 2));
      assertThatThrownBy(() -> file.read("x"))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("byte " + (bytes.length - 2) + ": the file ends here, 2 bytes");
    }
  }

  private void refuses(String header, int dataBytes, String message) throws IOException {
    refuses(write(header, new byte[dataBytes]), message);
  }

  private static void refuses(Path path, String message) {
    assertThatThrownBy(() -> SafeTensors.open(path).close())
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining(message);
  }

  private Path write(String header, byte[] data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.wrap(file(text.length, text, data.length)).position(8 + text.length).put(data);
    return Files.write(folder.resolve("hand.safetensors"), bytes.array());
  }

  private static byte[] file(long length, byte[] header, int dataBytes) {
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .array();
  }

  private static byte[] bits(INDArray array) {
    if (array.isEmpty()) {
      return new byte[0];
    }
    ByteBuffer window = ArrayBytes.window(array, 0, (int) array.length());
    byte[] bits = new byte[window.remaining()];
    window.get(bits);
    return bits;
  }
}
