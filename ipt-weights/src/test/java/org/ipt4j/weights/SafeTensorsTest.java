package org.ipt4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeTensorsTest {
  @TempDir Path folder;

  @Test
  void readsWhatTheReferenceLibraryWrote() throws IOException {
    try (TensorFile file = SafeTensors.open(GoldenFiles.file("contrastive.safetensors"))) {
      assertThat(file.metadata()).containsExactly(Map.entry("temperature_supcon", "0.07"));
      assertThat(file.names())
          .containsExactly("features", "paper.loss", "paper.grad", "supcon.loss", "supcon.grad");
      assertThat(Tensors.type(file.tensor("features"))).isEqualTo("F64");
      assertThat(file.shape("features")).containsExactly(3, 4, 5);
      // by numpy
      double[] features = file.readDoubles("features");
      assertThat(features).hasSize(60).startsWith(0.8235713931461853).endsWith(0.8616420500868904);
    }
    try (TensorFile file = SafeTensors.open(GoldenFiles.file("ipt-a-io.safetensors"))) {
      assertThat(file.metadata()).containsEntry("n_feats", "4").containsEntry("scale", "2+3+1");
      assertThat(file.shape("task0.input")).containsExactly(2, 3, 12, 12);
    }
  }

  @Test
  void writesAndReadsEveryTypeInTheGivenOrder() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("odd bytes", Tensors.of("I8", new long[] {3}, 1, -2, 3));
    tensors.put("floats", Tensors.of("F32", new long[] {2, 2}, 1, -0.0, Double.NaN, 1e-45));
    tensors.put("doubles", Tensors.of("F64", new long[] {2}, Math.PI, -Double.MIN_VALUE));
    tensors.put("longs", Tensor.ofLongs(new long[] {3}, Long.MIN_VALUE, 7, Long.MAX_VALUE));
    tensors.put("halves", Tensors.of("F16", new long[] {2}, 1.5, -2));
    tensors.put("scalar", Tensor.of(new long[] {}, numbers -> numbers[0] = 3));
    tensors.put("empty", Tensors.zeros(0, 3));
    Path path = folder.resolve("new/all \"types\" ü.safetensors");
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("z", "{\"json\": [1]}");
    metadata.put("a", "ü\n");

    SafeTensors.write(path, metadata, tensors);

    try (TensorFile file = SafeTensors.open(path)) {
      assertThat(file.metadata()).containsExactlyEntriesOf(metadata);
      assertThat(file.names()).containsExactlyElementsOf(tensors.keySet());
      for (String name : tensors.keySet()) {
        Tensor read = file.tensor(name);
        assertThat(Tensors.type(read)).isEqualTo(Tensors.type(tensors.get(name)));
        assertThat(read.shape()).isEqualTo(tensors.get(name).shape());
        assertThat(Tensors.bytes(read)).as(name).isEqualTo(Tensors.bytes(tensors.get(name)));
      }
    }
  }

  @Test
  void alignsHeaderAndTensors() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("one byte", Tensors.of("I8", new long[] {1}, 1));
    tensors.put("one float", Tensors.floats(2));
    tensors.put("one double", Tensors.of("F64", new long[] {1}, 3));
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
  void numbersAreAskedForOneTensorAfterTheOther() throws IOException {
    Path path = folder.resolve("two.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    float[][] given = new float[2][];
    for (int t = 0; t < 2; t++) {
      int number = t;
      tensors.put(
          "x" + t,
          Tensor.of(
              new long[] {2},
              numbers -> {
                given[number] = numbers;
                Arrays.fill(numbers, number);
              }));
    }
    SafeTensors.write(path, Map.of(), tensors);
    assertThat(given[1]).as("one array of that length").isSameAs(given[0]);
    try (TensorFile file = SafeTensors.open(path)) {
      assertThat(file.read("x0")).containsExactly(0, 0);
      assertThat(file.read("x1")).containsExactly(1, 1);
    }
  }

  @Test
  void readsAndWritesAcrossChunks() throws IOException {
    double[] numbers = IntStream.range(0, 600_011).mapToDouble(i -> i).toArray();
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = i;
    }
    long[] shape = {numbers.length};
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("doubles", Tensors.of("F64", shape, numbers));
    tensors.put("floats", Tensor.of(shape, all -> System.arraycopy(floats, 0, all, 0, all.length)));
    tensors.put("longs", Tensor.ofLongs(shape, LongStream.range(0, numbers.length).toArray()));
    Path path = folder.resolve("large.safetensors");
    SafeTensors.write(path, Map.of(), tensors);
    try (TensorFile file = SafeTensors.open(path)) {
      for (String name : new String[] {"doubles", "floats"}) {
        assertThat(file.read(name)).isEqualTo(floats);
        assertThat(file.readDoubles(name)).isEqualTo(numbers);
        float[] some = new float[100_000];
        file.read(name, 345_678, some);
        assertThat(some).isEqualTo(Arrays.copyOfRange(floats, 345_678, 445_678));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> file.read(name, 500_012, some))
            .withMessage(name + " has 600011 numbers, asked for 100000 from 500012 on");
      }
      assertThat(Tensors.numbers(file.tensor("longs"))).isEqualTo(numbers);
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
      if (Double.isFinite(value)) {
        assertThat(file.readDoubles("x")).containsExactly(value);
        assertThat(file.read("x")).containsExactly((float) value);
      } else {
        refusesNumber(() -> file.readDoubles("x"), "float64", value);
        refusesNumber(() -> file.read("x"), "float32", value);
      }
    }
  }

  private static void refusesNumber(ThrowingCallable reading, String type, double number) {
    assertThatThrownBy(reading)
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("x[0]: expected a finite " + type)
        .hasMessageEndingWith("got " + number);
  }

  @Test
  void tellsTheCallersMistakesFromTheFiles() throws IOException {
    Path path = folder.resolve("x.safetensors");
    SafeTensors.write(
        path,
        Map.of(),
        Map.of("x", Tensors.floats(1, 2, 3), "n", Tensor.ofLongs(new long[] {3}, 1, 2, 3)));
    try (TensorFile file = SafeTensors.open(path)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> file.read("y"))
          .withMessageContaining("no tensor y in");
      file.requireShape("x", 3);
      assertThatThrownBy(() -> file.requireShape("x", 3, 1))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("x.safetensors, byte ")
          .hasMessageContaining("x: expected shape [3, 1], got [3]");
      assertThatThrownBy(() -> file.read("n"))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("n: expected floating-point numbers, got LONG");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.ofLongs(new long[] {2, 2}, 1, 2, 3))
        .withMessage("a tensor of shape [2, 2] has 4 numbers, got 3");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> SafeTensors.write(path, Map.of(), Map.of("__metadata__", Tensors.floats(1))));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SafeTensors.write(path, Map.of("ipt4j.crc32c", "0"), Map.of()));
  }

  @Test
  void noticesEveryFlippedBitOfItsOwnFiles() throws IOException {
    Path path = folder.resolve("x.safetensors");
    SafeTensors.write(path, Map.of("k", "v"), Map.of("x", Tensors.floats(1, 2, 3)));
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
    StringBuilder notes = new StringBuilder("\"0\":\"\"");
    for (int note = 1; note <= SafeTensorsHeader.MAX_METADATA; note++) {
      notes.append(",\"").append(note).append("\":\"\"");
    }
    refuses(
        "{\"__metadata__\":{" + notes + "}," + x + "}", 4, "more than 100000 entries of metadata");
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
        write("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", new byte[8]);
    try (TensorFile file = SafeTensors.open(path)) {
      byte[] bytes = Files.readAllBytes(path);
      Files.write(path, Arrays.copyOf(bytes, bytes.length - 2));
      assertThatThrownBy(() -> file.read("x"))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("byte " + (bytes.length - 2) + ": the file ends here, 2 bytes");
    }
  }

  /** However it ends: a server goes on after a file that memory was too short for. */
  @Test
  void aFileThatIsNotTakenIsClosed() throws IOException {
    Path path = write("{}", new byte[0]);
    List<Throwable> failures =
        List.of(
            new OutOfMemoryError("none left"),
            new StackOverflowError(),
            new IllegalStateException(),
            new IOException());
    for (Throwable failure : failures) {
      List<WeightBytes> opened = new ArrayList<>();
      assertThatThrownBy(
              () ->
                  WeightBytes.open(
                      path,
                      bytes -> {
                        opened.add(bytes);
                        throw thrown(failure);
                      }))
          .isSameAs(failure);
      assertThatThrownBy(() -> opened.get(0).read(0, 1)).isInstanceOf(ClosedChannelException.class);
    }
  }

  private static IOException thrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    return (IOException) failure;
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
}
