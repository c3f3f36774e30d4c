package org.ipt4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.ipt4j.weights.Pickles.ORDERED_DICT;
import static org.ipt4j.weights.Pickles.dict;
import static org.ipt4j.weights.Pickles.integer;
import static org.ipt4j.weights.Pickles.legacy;
import static org.ipt4j.weights.Pickles.legacyHead;
import static org.ipt4j.weights.Pickles.legacyOfTwo;
import static org.ipt4j.weights.Pickles.legacyStorage;
import static org.ipt4j.weights.Pickles.littleEndian;
import static org.ipt4j.weights.Pickles.pickle;
import static org.ipt4j.weights.Pickles.storage;
import static org.ipt4j.weights.Pickles.tensor;
import static org.ipt4j.weights.Pickles.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchCheckpointTest {
  private static final String TWO = legacyStorage("DoubleStorage", "7", 2, "N");
  private static final String GOOD = tensor(TWO, 0, new long[] {2}, new long[] {1});
  private static final String X_OF_BYTES =
      tensor(storage("ByteStorage", "7", 2), 0, new long[] {2}, new long[] {1});
  private static final String BYTES = dict("x", X_OF_BYTES);

  @TempDir Path folder;

  /** The checksums are of all elements in the file's order, as PyTorch and zlib see them. */
  @ParameterizedTest
  @CsvSource({
    "ipt-a.pt, 15edafe3",
    "ipt-a-legacy.pt, 15edafe3",
    "ipt-b.pt, b4af2b91",
    "ipt-b-legacy.pt, b4af2b91",
  })
  void readsWhatThePublishedImplementationWroteAndKeepsEveryBit(String name, String checksum)
      throws IOException {
    Path path = name.startsWith("ipt-a") ? GoldenFiles.file(name) : GoldenFiles.sharedFile(name);
    Path copy = folder.resolve("copy.safetensors");
    try (TensorFile file = TensorFile.open(path)) {
      assertThat(checksum(file)).isEqualTo(checksum);
      SafeTensors.write(copy, Map.of(), Tensors.of(file));
    }
    try (TensorFile file = TensorFile.open(copy)) {
      assertThat(checksum(file)).isEqualTo(checksum);
    }
  }

  private static String checksum(TensorFile file) {
    CRC32 crc = new CRC32();
    for (String tensor : file.names()) {
      crc.update(Tensors.bytes(file.tensor(tensor)));
    }
    return Long.toHexString(crc.getValue());
  }

  @Test
  void findsTheNamesAndShapesThatTheReferenceGivesThem() throws IOException {
    try (TensorFile checkpoint = TensorFile.open(GoldenFiles.file("ipt-a-legacy.pt"));
        TensorFile trained = SafeTensors.open(GoldenFiles.file("ipt-a-after-adam.safetensors"))) {
      assertThat(checkpoint.metadata()).isEmpty();
      // that writer sorts them otherwise
      assertThat(checkpoint.names()).containsExactlyInAnyOrderElementsOf(trained.names());
      for (String name : checkpoint.names()) {
        assertThat(checkpoint.shape(name)).as(name).isEqualTo(trained.shape(name));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"torch-views.pt", "torch-views-legacy.pt", "torch-wrapped.pt"})
  void readsViewsOfEveryType(String name) throws IOException {
    String prefix = name.contains("wrapped") ? "module." : "";
    try (TensorFile file = TensorFile.open(GoldenFiles.file(name))) {
      assertThat(file.names())
          .extracting(tensor -> tensor.substring(prefix.length()))
          .containsExactly(
              "plain", "view", "t", "perm", "step", "half", "bf", "i64", "i32", "u8", "i8", "i16",
              "bool", "scalar", "empty", "param", "exp");
      assertThat(file.shape(prefix + "plain")).containsExactly(2, 3);
      assertThat(file.read(prefix + "plain")).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(file.shape(prefix + "view")).containsExactly(3, 4);
      assertThat(file.read(prefix + "view"))
          .containsExactly(6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
      assertThat(file.shape(prefix + "t")).containsExactly(4, 3);
      assertThat(file.read(prefix + "t"))
          .containsExactly(6, 10, 14, 7, 11, 15, 8, 12, 16, 9, 13, 17);
      assertThat(file.shape(prefix + "perm")).containsExactly(4, 2, 3);
      assertThat(file.read(prefix + "perm")) // strided and converted
          .containsExactly(
              0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23);
      assertThat(file.read(prefix + "step")).containsExactly(0, 5, 10, 15, 20);
      assertThat(file.readDoubles(prefix + "half")).containsExactly(1.5, -2, 0x1p-24);
      assertThat(file.readDoubles(prefix + "bf")).containsExactly(1.5, -2, 0xc.ap96);
      assertThat(numbers(file, prefix + "i64", "I64")).containsExactly(0x1p62, -1);
      assertThat(numbers(file, prefix + "i32", "I32")).containsExactly(1, -2);
      assertThat(numbers(file, prefix + "u8", "U8")).containsExactly(1, 255);
      assertThat(numbers(file, prefix + "i8", "I8")).containsExactly(-3);
      assertThat(numbers(file, prefix + "i16", "I16")).containsExactly(-300);
      assertThat(numbers(file, prefix + "bool", "BOOL")).containsExactly(1, 0);
      assertThat(file.read(prefix + "scalar")).containsExactly(3.5f);
      assertThat(file.shape(prefix + "scalar")).isEmpty();
      assertThat(file.shape(prefix + "empty")).containsExactly(0, 3);
      assertThat(file.read(prefix + "empty")).isEmpty();
      assertThat(file.read(prefix + "param")).containsExactly(1, 2);
      assertThat(file.read(prefix + "exp")).containsExactly(7);
    }
  }

  private static double[] numbers(TensorFile file, String name, String type) {
    assertThat(Tensors.type(file.tensor(name))).isEqualTo(type);
    return Tensors.numbers(file.tensor(name));
  }

  @Test
  void gathersStridedTensorsAcrossChunks() throws IOException {
    int rows = 601;
    int columns = 503;
    StringBuilder elements = new StringBuilder(littleEndian(rows * columns, 8));
    for (int i = 0; i < rows * columns; i++) {
      elements.append(littleEndian(i, 8));
    }
    String transposed =
        tensor(
            legacyStorage("LongStorage", "7", rows * columns, "N"),
            0,
            new long[] {columns, rows},
            new long[] {1, columns});
    try (TensorFile file = open(legacy(dict("x", transposed), "7", elements.toString()))) {
      double[] x = Tensors.numbers(file.tensor("x"));
      for (int column = 0; column < columns; column++) {
        for (int row = 0; row < rows; row++) {
          assertThat(x[column * rows + row]).isEqualTo((double) row * columns + column);
        }
      }
    }
  }

  @Test
  void readsWhatPython2Wrote() throws IOException {
    String name = "U\u0001x";
    String object = "ccollections\nOrderedDict\n(](" + name + GOOD + "tatR";
    try (TensorFile file = open(legacyOfTwo(GOOD).replace(dict("x", GOOD), object))) {
      assertThat(file.readDoubles("x")).containsExactly(1, 2);
    }
  }

  @Test
  void readsViewsOfStoragesAsTheOldestVersionsKeptThem() throws IOException {
    String secondOnly =
        legacyStorage("DoubleStorage", "7", 2, "(" + text("8") + integer(1) + integer(1) + "t");
    String x = tensor(secondOnly, 0, new long[] {1}, new long[] {1});
    try (TensorFile file = open(legacyOfTwo(x))) {
      assertThat(file.readDoubles("x")).containsExactly(2);
    }
    refuses(
        legacyOfTwo(tensor(secondOnly, 0, new long[] {2}, new long[] {1})),
        "in a storage of 1 elements");
    refuses(
        legacyOfTwo(x.replace(integer(1) + integer(1) + "t", integer(1) + integer(2) + "t")),
        "has no 2 from 1");
  }

  @Test
  void looksIntoWrappers() throws IOException {
    String dict = dict("module.a.x", GOOD);
    for (String object :
        List.of(
            dict,
            dict("model", dict),
            dict("state_dict", dict("model", dict)),
            // a number that is kept as a tensor beside the dictionary
            dict("best", GOOD) + text("state_dict") + dict + "s")) {
      try (TensorFile file = open(legacyOfTwo(GOOD).replace(dict("x", GOOD), object))) {
        assertThat(file.names()).containsExactly("module.a.x");
      }
    }
    for (String object : List.of("}", "]", "N", X_OF_BYTES, dict("other", "}"))) {
      refuses(zip(object).bytes(), "expected a dictionary of tensors");
    }
    // a dictionary that holds itself
    refuses(zip("}q\u0000" + text("model") + "h\u0000s").bytes(), "expected a dictionary");
  }

  /** Each dictionary has one tensor, which says where it is by its other name. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "params; params",
        "params_ema; params_ema",
        "params params_ema; params_ema, not params",
        "params_ema params; params_ema, not params",
        "model model_ema; model_ema, not model",
        "ema generator; ema, not generator",
        "state_dict state_dict_ema; state_dict_ema, not state_dict",
        "net_g netGEma; netGEma, not net_g",
        "EMA module; EMA, not module",
        "swa_model network; swa_model, not network",
        "schema params; schema, not params", // no word ema: the first
        "whatever; whatever",
        "last best; last, not best",
        "state_dict.model; state_dict.model",
        "ema.module net; ema.module, not net",
        "net.a.b ema.c.d; ema.c.d, not net.a.b",
      })
  void takesTheAveragedWeightsWhateverTheirWrappersAreCalled(String wrappers, String choice)
      throws IOException {
    StringBuilder object = new StringBuilder("}" + text("epoch") + integer(3) + "s");
    for (String path : wrappers.split(" ")) {
      String wrapped = dict("head.0.0.weight", GOOD) + text(path) + GOOD + "s";
      String[] keys = path.split("\\.");
      for (int i = keys.length - 1; i > 0; i--) {
        wrapped = dict(keys[i], wrapped);
      }
      object.append(text(keys[0])).append(wrapped).append("s");
    }
    object.append(text("optimizer")).append(dict("exp_avg", GOOD)).append("s");
    try (TensorFile file = open(legacyOfTwo(GOOD).replace(dict("x", GOOD), object))) {
      assertThat(file.names()).contains(choice.split(",")[0]);
      assertThat(file.choice()).isEqualTo(choice);
    }
  }

  /** torch.optim.swa_utils.AveragedModel. */
  @Test
  void aCounterBesideTheWeightsIsLeftOut() throws IOException {
    String scalar = tensor(storage("ByteStorage", "7", 2), 0, new long[] {}, new long[] {});
    String object = dict("n_averaged", scalar) + text("module.head.0.0.bias") + X_OF_BYTES + "s";
    try (TensorFile file = open(zip(object).bytes())) {
      assertThat(file.names()).containsExactly("module.head.0.0.bias");
      assertThat(file.choice()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os.system",
        "posix.system",
        "builtins.eval",
        "__builtin__.getattr",
        "torch.load",
        "torch._utils._rebuild_tensor_v3",
        "torch.nn.modules.linear.Linear",
        "numpy.ndarray",
        "collections.OrderedDict.fromkeys",
        "torch.FloatStorage.from_file",
      })
  void refusesEveryOtherNameWithoutCallingAnything(String global) throws IOException {
    int dot = global.lastIndexOf('.');
    String module = global.substring(0, dot);
    String name = global.substring(dot + 1);
    String call = text("touch " + folder.resolve("called")) + "\u0085R";
    for (String named :
        List.of("c" + module + "\n" + name + "\n", text(module) + text(name) + "\u0093")) {
      String expected = "asks for " + global + ", which is not needed for tensors: refused";
      refuses(legacyOfTwo(named + call), expected);
      refuses(legacyHead() + pickle(named + call), expected);
      refuses(pickle(named + call), expected);
      refuses(zip(dict("x", named + call)).bytes(), expected);
      refuses(
          zip(dict("x", named + call)).bytes(),
          "torch.save(torch.load('FILE', map_location='cpu', weights_only=False)['state_dict'],"
              + " 'weights.pt')");
    }
    assertThat(folder.resolve("called")).doesNotExist();
  }

  @Test
  void refusesPicklesThatBreakTheirRules() throws IOException {
    refusesPickle("", "nothing on the stack");
    refusesPickle("(", "nothing on the stack");
    refusesPickle("N(", "nothing on the stack");
    refusesPickle("N(\u0085", "expected 1 values on the stack, got 0");
    refusesPickle("t", "no mark");
    refusesPickle("(\u0085", "expected 1 values on the stack, got 0");
    refusesPickle("h\u0001", "nothing remembered as 1");
    refusesPickle("ccollections\nOrderedDict\nNR", "expected a List, got a None");
    refusesPickle("N)R", "expected a Builder, got a None");
    refusesPickle("ctorch\nFloatStorage\n)R", "expected a Builder");
    refusesPickle("Nq\u0000)a", "expected a ArrayList");
    refusesPickle("(Nt(Ne", "expected a ArrayList, got a Unmod");
    refusesPickle("}]Ns", "a dictionary's key is a ArrayList");
    refusesPickle("}(Nu", "a key without a value");
    refusesPickle("NNb", "expected a Map");
    refusesPickle("i__main__\nX\n", "got 0x69");
    refusesPickle("\u0081", "got 0x81");
    refusesPickle("NQ", "expected a List, got a None");
    refusesPickle(")Q", "persistent id");
    refusesPickle("c" + "x".repeat(300) + "\n", "a name of more than 256 bytes");
    refusesPickle("X" + littleEndian(-1, 4), "a text of 4294967295 bytes");
    refusesPickle("X" + littleEndian(1 << 20, 4), "expected 1048576 more bytes");
    refusesPickle("\u008d" + littleEndian(-1, 8), "a text of 18446744073709551615 bytes");
    refusesPickle("T" + littleEndian(-1, 4), "a text of 18446744073709551615 bytes");
    refusesPickle("X" + littleEndian(1, 4) + "\u00ff", "not UTF-8");
    refusesPickle("(".repeat((1 << 18) + 1), "more than 262144 operations");
    refusesPickle((text("x".repeat(1 << 20)) + "q\u0000").repeat(17), "more than 16777216 bytes");
    refuses(
        legacyOfTwo(GOOD).replace("\u0089" + ORDERED_DICT + "tR", "\u0089tR"), "expected 6 arg");
    refuses(legacyOfTwo(GOOD).replace("ctorch\nDouble", "ctorch\nComplexDouble"), "ComplexDouble");
  }

  @Test
  void refusesTensorsThatDoNotFitTheirStorages() throws IOException {
    String outside = "in a storage of 2 elements";
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {3}, new long[] {1})), outside);
    refuses(legacyOfTwo(tensor(TWO, 1, new long[] {2}, new long[] {1})), outside);
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {2}, new long[] {2})), outside);
    refuses(legacyOfTwo(tensor(TWO, -1, new long[] {1}, new long[] {1})), outside);
    refuses(legacyOfTwo(tensor(TWO, 3, new long[] {0}, new long[] {1})), outside);
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {1 << 30}, new long[] {0})), outside);
    refuses(legacyOfTwo(tensor(TWO, 1, new long[] {2}, new long[] {-1})), "with strides [-1]");
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {2}, new long[] {1, 1})), "with strides [1, 1]");
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {-2}, new long[] {1})), "negative size -2");
    long huge = 1L << 32;
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {huge, huge}, new long[] {0, 0})), "overflow");
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {huge, huge, 0}, new long[3])), "overflow");
    refuses(legacyOfTwo(tensor(TWO, 0, new long[] {2}, new long[] {Long.MAX_VALUE})), "overflow");
    refuses(legacyOfTwo(tensor(TWO, 1, new long[] {2}, new long[] {Long.MAX_VALUE})), "overflow");
    String negative = legacyStorage("DoubleStorage", "7", -2, "N");
    refuses(legacyOfTwo(tensor(negative, 0, new long[] {0}, new long[] {1})), "of -2 elements");
    String tooLarge = legacyStorage("DoubleStorage", "7", Long.MAX_VALUE, "N");
    refuses(legacyOfTwo(tensor(tooLarge, 0, new long[] {0}, new long[] {1})), "overflow");
    String four = legacyStorage("DoubleStorage", "7", 4, "N");
    refuses(
        legacyOfTwo(tensor(four, 0, new long[] {4}, new long[] {1})),
        "expected 4 elements of DOUBLE in storage 7, got 2");
    String floats = legacyStorage("FloatStorage", "7", 2, "N");
    refuses(
        legacyOfTwo(tensor(floats, 0, new long[] {2}, new long[] {1})), "8 bytes after the last");
    String twoKinds =
        dict("x", GOOD) + text("y") + tensor(floats, 0, new long[] {2}, new long[] {1}) + "s";
    refuses(legacyOfTwo(GOOD).replace(dict("x", GOOD), twoKinds), "storage 7 is of two kinds");
  }

  @Test
  void refusesSharingWithoutEnd() throws IOException {
    int elements = 100_000;
    String x =
        tensor(
            legacyStorage("ByteStorage", "7", elements, "N"),
            0,
            new long[] {elements},
            new long[] {1});
    StringBuilder object = new StringBuilder(dict("x", x + "q\u0000"));
    for (char name = 'a'; name < 'd'; name++) {
      object.append(text("" + name)).append("h\u0000s");
    }
    String data = littleEndian(elements, 8) + "\u0000".repeat(elements);
    open(legacy(object.toString(), "7", data)).close();
    object.append(text("d")).append("h\u0000s");
    refuses(legacy(object.toString(), "7", data), "more than 4 files");
  }

  /** What is kept once must not be copied for every operation that asks for it. */
  @Test
  void refusesToMultiplyWhatAPickleHoldsOnce() throws IOException {
    long[] ones = new long[33];
    Arrays.fill(ones, 1);
    long[] most = Arrays.copyOf(ones, 32);
    refuses(legacyOfTwo(tensor(TWO, 0, ones, ones)), "expected at most 32 dimensions, got 33");
    refuses(legacyOfTwo(tensor(TWO, 0, most, ones)), "expected at most 32 dimensions, got 33");
    try (TensorFile file = open(legacyOfTwo(tensor(TWO, 0, most, most)))) {
      assertThat(file.shape("x")).hasSize(32);
    }
    String pairs = "(" + (text("a") + "N\u0086").repeat(1000) + "tq\u0001";
    String dictionary = "ccollections\nOrderedDict\nq\u0002";
    refusesPickle(
        pairs + dictionary + "h\u0002h\u0001\u0085R".repeat(300), "more than 262144 pairs");
  }

  @Test
  void refusesLegacyFilesThatBreakTheirRules() throws IOException {
    String good = legacyOfTwo(GOOD);
    assertThat(open(good).readDoubles("x")).containsExactly(1, 2);
    for (int length = 0; length < good.length(); length++) {
      refuses(good.substring(0, length), "");
    }
    String data = good.substring(good.length() - 24);
    String before = good.substring(0, good.length() - 24);
    assertThat(data).startsWith(littleEndian(2, 8));
    refuses(before + littleEndian(1, 8) + data.substring(8), "in storage 7, got 1 in 16 bytes");
    refuses(before + data.substring(0, 16), "in storage 7, got 2 in 8 bytes");
    refuses(good + "x", "1 bytes after the last storage");
    refuses("", "expected safetensors or a PyTorch checkpoint");
    refuses("GIF89a", "expected safetensors or a PyTorch checkpoint");
    refuses(pickle("K\u0001"), "not a PyTorch checkpoint");
    refuses(good.replace("M\u00e9\u0003", "M\u00ea\u0003"), "expected version 1001");
    refuses(good.replace("\u0088s", "\u0089s"), "little-endian");
    String keys = pickle("]" + text("7") + "a");
    refuses(good.replace(keys, pickle("N")), "list of storages");
    refuses(good.replace(keys, pickle("]")), "bytes after the last storage");
    refuses(good.replace(keys, pickle("]" + text("8") + "a")), "of which no tensor speaks");
    refuses(good.replace(keys, pickle("]Na")), "of which no tensor speaks");
    refuses(
        good.replace(keys, pickle("]" + text("7") + "a" + text("7") + "a")) + data,
        "storage 7 comes twice");
    refuses(
        legacyHead()
            + pickle(
                dict(
                    "x",
                    tensor(
                        legacyStorage("ByteStorage", "7", 0, "N"),
                        0,
                        new long[] {0},
                        new long[] {1})))
            + pickle("]"),
        "storage 7 is missing");
  }

  private static TestZip zip(String object) {
    return zip(new TestZip(), object);
  }

  private static TestZip zip(TestZip zip, String object) {
    return zip.add("a/data.pkl", pickle(object)).add("a/data/7", "\u0005\u0006");
  }

  @Test
  void readsZipArchives() throws IOException {
    for (boolean zip64 : new boolean[] {false, true}) {
      TestZip zip = new TestZip();
      zip.zip64 = zip64;
      try (TensorFile file = open(zip(zip, BYTES).add("a/byteorder", "little").bytes())) {
        assertThat(Tensors.numbers(file.tensor("x"))).containsExactly(5, 6);
      }
    }
  }

  @Test
  void refusesZipArchivesThatBreakTheirRules() throws IOException {
    refuses(zip(BYTES).add("a/byteorder", "big").bytes(), "byte order 'little'");
    refuses(new TestZip().add("a/data/7", "xx").bytes(), "expected one data.pkl");
    refuses(zip(BYTES).add("b/data.pkl", "").bytes(), "expected one data.pkl");
    refuses(zip(BYTES).add("a/data/7", "").bytes(), "two zip records named a/data/7");
    refuses(
        new TestZip().add("a/data.pkl", pickle(BYTES)).bytes(),
        "expected a record data/7 of 2 bytes, got none");
    refuses(
        new TestZip().add("a/data.pkl", pickle(BYTES)).add("a/data/7", "123").bytes(),
        "expected a record data/7 of 2 bytes, got 3");
    refuses(
        new TestZip()
            .add("a/data.pkl", pickle(BYTES).substring(0, pickle(BYTES).length() - 1))
            .add("a/data/7", "12")
            .bytes(),
        "expected 1 more bytes of pickle, got 0");

    TestZip compressed = new TestZip();
    compressed.method = 8;
    refuses(zip(compressed, BYTES).bytes(), "a/data.pkl is compressed");
    TestZip encrypted = new TestZip();
    encrypted.flags = 1;
    refuses(zip(encrypted, BYTES).bytes(), "a/data.pkl is encrypted");
    TestZip damaged = new TestZip();
    damaged.wrongCrc = 1;
    refuses(zip(damaged, BYTES).bytes(), "a/data.pkl is damaged");
    TestZip damagedStorage = new TestZip().add("a/data.pkl", pickle(BYTES));
    damagedStorage.wrongCrc = 1;
    refuses(damagedStorage.add("a/data/7", "12").bytes(), "a/data/7 is damaged");

    for (boolean zip64 : new boolean[] {false, true}) {
      for (long wrong : new long[] {1000, 1L << 31, -1000, Long.MIN_VALUE, Long.MAX_VALUE - 1000}) {
        if (!zip64 && wrong != (int) wrong) {
          continue;
        }
        TestZip size = new TestZip();
        size.zip64 = zip64;
        size.wrongSize = wrong;
        refuses(zip(size, BYTES).bytes(), "a/data.pkl");
        TestZip offset = new TestZip();
        offset.zip64 = zip64;
        offset.wrongOffset = wrong;
        refuses(zip(offset, BYTES).bytes(), "a/data.pkl");
      }
    }
    TestZip overlap = new TestZip();
    overlap.wrongSize = 1;
    overlap.add("a/data.pkl", pickle(BYTES));
    overlap.wrongSize = 0;
    refuses(overlap.add("a/data/7", "12").bytes(), "a/data/7 overlaps another zip record");
    byte[] otherName = zip(BYTES).bytes();
    otherName[30] = 'b';
    refuses(otherName, "expected the header of a/data.pkl");
    byte[] otherSize = zip(BYTES).bytes();
    ByteBuffer fields = ByteBuffer.wrap(otherSize).order(ByteOrder.LITTLE_ENDIAN);
    int directory = fields.getInt(otherSize.length - 6);
    fields.putInt(directory + 20, fields.getInt(directory + 20) - 1);
    refuses(otherSize, "a/data.pkl of ");
  }

  @Test
  void refusesZipDirectoriesThatAreNotThere() throws IOException {
    byte[] good = zip(BYTES).bytes();
    for (int length = 0; length < good.length; length++) {
      refuses(Arrays.copyOf(good, length), "");
    }
    int end = good.length - 22;
    for (int field : new int[] {12, 16}) {
      for (int wrong : new int[] {-1, Integer.MAX_VALUE, 1, good.length}) {
        byte[] bad = good.clone();
        ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(end + field, wrong);
        refuses(bad, "");
      }
    }
  }

  @Test
  void readsTheSameOrNothingAfterAnyFlippedBit() throws IOException {
    byte[] good = zip(BYTES).bytes();
    List<Integer> harmless = new ArrayList<>();
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= (byte) (1 << at % 8);
      try (TensorFile file = open(bad)) {
        assertThat(file.names()).containsExactly("x");
        assertThat(Tensors.numbers(file.tensor("x"))).containsExactly(5, 6);
        harmless.add(at);
      } catch (CorruptWeightsException expected) {
        assertThat(expected.file()).isEqualTo(folder.resolve("hand.pt"));
        assertThat(expected.offset()).isBetween(0L, (long) bad.length);
      }
    }
    // dates, versions and the like, of which an archive repeats many
    assertThat(harmless).hasSizeLessThan(good.length / 3);
  }

  private TensorFile open(String checkpoint) throws IOException {
    return open(Pickles.bytes(checkpoint));
  }

  private TensorFile open(byte[] checkpoint) throws IOException {
    return TensorFile.open(
        Files.write(folder.resolve("hand.pt"), checkpoint),
        names -> names.stream().anyMatch(name -> name.contains("head.0.0.")));
  }

  private void refusesPickle(String operations, String message) {
    refuses(legacyHead() + pickle(operations), message);
  }

  private void refuses(String checkpoint, String message) {
    refuses(Pickles.bytes(checkpoint), message);
  }

  private void refuses(byte[] checkpoint, String message) {
    assertThatThrownBy(() -> open(checkpoint).close())
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("hand.pt, byte ")
        .hasMessageContaining(message);
  }
}
