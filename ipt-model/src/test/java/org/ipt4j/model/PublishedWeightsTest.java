package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.ipt4j.core.Bits;
import org.ipt4j.core.ParameterLayout.Range;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.GoldenFiles;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.ipt4j.weights.Tensors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedWeightsTest {
  private static final IptConfig CONFIG =
      new IptConfig(4, 12, 3, 6, 2, 1, DecoderForm.MEMORY, 255, false);
  private static final List<Task> TASKS =
      List.of(
          new Task("x2", 2),
          new Task("x3", 3),
          new Task("x4", 4),
          new Task("x8", 8),
          new Task("denoise30", 1),
          new Task("derain", 1));

  @TempDir Path folder;

  private Map<String, Tensor> tensors;
  private IptModel model;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("published.safetensors");
    model = IptModel.create(CONFIG, TASKS, 7);
    model.save(file, Map.of());
    try (TensorFile saved = SafeTensors.open(file)) {
      tensors = Tensors.of(saved);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "module.",
        "model.",
        "module.model.",
        "_orig_mod.",
        "module._orig_mod.",
        "model._orig_mod.",
        "generator.",
        "net_g.",
        "ipt.",
        "state.head.",
        "body.tail.1."
      })
  void aModelThatLostItsDescriptionIsFoundAgainBitForBit(String prefix) throws IOException {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(prefix + name, tensor));
    SafeTensors.write(file, Map.of("license", "CC0"), renamed);
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      assertThat(weights.metadata()).containsExactly(Map.entry("license", "CC0"));
      assertThat(weights.scales())
          .containsExactly(
              Map.entry(0, 2),
              Map.entry(1, 3),
              Map.entry(2, 4),
              Map.entry(3, 8),
              Map.entry(4, 1),
              Map.entry(5, 1));
      assertThat(weights.rgbRange()).hasValue(255);
      assertThat(weights.taken()).isEqualTo(prefix.isEmpty() ? "" : "names without " + prefix);
      IptModel found = weights.model(6, 255, heads(0, 1, 2, 3, 4, 5));
      assertThat(found.config()).isEqualTo(CONFIG);
      assertThat(found.tasks()).isEqualTo(TASKS);
      Bits.assertSame(found.values().flat(), model.values().flat());
    }
  }

  /** As training programs save a network, its averages and others in one dictionary. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "generator. generator_ema.; generator_ema.; names without generator_ema., not those of generator.",
        "model.ema. model.; model.ema.; names without model.ema., not those of model.",
        "model. ema_model.module.; ema_model.module.; names without ema_model.module., not those of model.",
        "'' netEma.; netEma.; 'names without netEma., not those of '",
        "old. ''; ''; not those of old.",
        "net.; net.; names without net.",
      })
  void ofSeveralNetworksInOneDictionaryTheAveragedIsTaken(
      String prefixes, String taken, String choice) throws IOException {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("step_counter", Tensor.ofLongs(new long[] {1}, 3));
    for (String prefix : prefixes.replace("''", "").split(" ", -1)) {
      tensors.forEach(
          (name, tensor) ->
              all.put(
                  prefix + name,
                  prefix.equals(taken) || tensor.shape().length < 4
                      ? tensor
                      : Tensors.times(2, tensor)));
    }
    if (taken.isEmpty()) {
      all.remove("step_counter"); // which would be among the network's names
    } else {
      all.put("discriminator.head.weight", Tensors.zeros(2));
    }
    SafeTensors.write(file, Map.of(), all);
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      assertThat(weights.taken()).isEqualTo(choice);
      IptModel found = weights.model(6, 255, heads(0, 1, 2, 3, 4, 5));
      Bits.assertSame(found.values().flat(), model.values().flat());
    }
  }

  @Test
  void headsAreKeptInTheOrderAskedForWithTheirEmbeddingsAndTails() throws IOException {
    IptModel kept = imported(heads(4, 1));
    assertThat(kept.tasks()).containsExactly(TASKS.get(4), TASKS.get(1));
    for (Task task : kept.tasks()) {
      List<Range> ours = new ArrayList<>(kept.trunk(task));
      List<Range> theirs = new ArrayList<>(model.trunk(task));
      ours.add(kept.tail(task));
      theirs.add(model.tail(task));
      for (int i = 0; i < ours.size(); i++) {
        Bits.assertSame(kept.values().range(ours.get(i)), model.values().range(theirs.get(i)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 6})
  void aFileOfOneHeadIsAModelOfOneTaskWithTheFirstEmbedding(int rows) throws IOException {
    tensors.keySet().removeIf(name -> PublishedNames.head(name).orElse(0) > 0);
    tensors.computeIfPresent(
        "body.query_embed.weight", (name, embeddings) -> Tensors.firstRows(rows, embeddings));
    IptModel one = imported(heads(0));
    assertThat(one.tasks()).containsExactly(TASKS.get(0));
    Task x2 = TASKS.get(0);
    Bits.assertSame(
        one.values().range(one.trunk(x2).get(1)), model.values().range(model.trunk(x2).get(1)));
  }

  @Test
  void allThatDoesNotFitIsNamedAtOnce() {
    tensors.remove("head.0.0.weight");
    tensors.remove("body.linear_encoding.bias");
    tensors.put("body.encoder.layers.0.linear1.weight", Tensors.zeros(72, 36));
    tensors.put("body.query_embed.weight", Tensors.zeros(3, 576));
    tensors.put("stray", Tensors.zeros(1));
    tensors.remove("head.1.0.weight");
    refuses(heads(0, 5))
        .hasMessageContaining("5 tensors do not fit")
        .hasMessageContaining("missing head.0.0.weight")
        .hasMessageContaining("missing body.linear_encoding.bias")
        .hasMessageContaining(
            "body.encoder.layers.0.linear1.weight: expected [144, 36], got [72, 36]")
        .hasMessageContaining("body.query_embed.weight: expected [6, 576], got [3, 576]")
        .hasMessageContaining("unexpected stray")
        .hasMessageNotContaining("head.1"); // which is not kept
  }

  @ParameterizedTest
  @CsvSource({"1, F32", "255, F32", "255, F16", "1, F16", "255, BF16", "1, BF16", "200, BF16"})
  void theRgbRangeIsThatOfTheMeanShifts(double range, String type) throws IOException {
    IptConfig config = new IptConfig(4, 12, 3, 6, 2, 1, DecoderForm.MEMORY, range, false);
    PublishedConstants.tensors(config)
        .forEach((name, tensor) -> tensors.put(name, Tensors.as(type, tensor)));
    tensors.remove("sub_mean.weight");
    SafeTensors.write(file, Map.of(), tensors);
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      assertThat(weights.rgbRange()).hasValue(range);
      assertThat(weights.model(6, range, heads(0)).config().rgbRange()).isEqualTo(range);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> weights.model(6, 2, heads(0)))
          .withMessageContaining("is of RGB range " + range + ", asked for 2.0");
    }
  }

  /** Rounded and cut off, kept as they are and widened; but no constants of a worse fit. */
  @ParameterizedTest
  @CsvSource({"1", "255"})
  void meanShiftsThatWereBfloat16Fit(double range) throws IOException {
    IptConfig config = new IptConfig(4, 12, 3, 6, 2, 1, DecoderForm.MEMORY, range, false);
    for (int last : new int[] {0, 0x8000}) {
      PublishedConstants.tensors(config)
          .forEach(
              (name, tensor) -> {
                if (name.endsWith("bias")) {
                  double[] numbers = Tensors.numbers(tensor);
                  for (int i = 0; i < numbers.length; i++) {
                    int bits = Float.floatToRawIntBits((float) numbers[i]) + last;
                    numbers[i] = Float.intBitsToFloat(bits & 0xffff0000);
                  }
                  tensors.put(name, Tensors.of("F32", tensor.shape(), numbers));
                }
              });
      assertThat(imported(heads(0)).config().rgbRange()).isEqualTo(range);
    }
    tensors.put("add_mean.bias", Tensors.times(range / 255, Tensors.floats(117, 111, 103)));
    refuses(heads(0)).hasMessageContaining("add_mean.bias: expected 1 × RGB range");
  }

  /** Of every type, also where only the conversion to float32 makes them infinite. */
  @ParameterizedTest
  @CsvSource({
    "F32, NaN",
    "F32, -Infinity",
    "F64, Infinity",
    "F64, 1e300",
    "F64, -4e38",
    "F16, Infinity",
    "BF16, NaN",
  })
  void weightsThatAreNotFiniteAreRefused(String type, double number) throws IOException {
    for (String name :
        List.of(
            "body.encoder.layers.1.linear2.weight", "tail.2.1.bias", "body.query_embed.weight")) {
      Tensor good = tensors.get(name);
      tensors.put(name, Tensors.endingWith(number, Tensors.as(type, good)));
      long[] last = good.shape();
      for (int d = 0; d < last.length; d++) {
        last[d]--;
      }
      refuses(heads(2, 0))
          .hasMessageContaining(name + Arrays.toString(last) + ": expected a finite float32, got ")
          .hasMessageContaining("byte ");
      Path described = folder.resolve("model.safetensors");
      SafeTensors.write(
          described,
          Map.of(ModelFile.DESCRIPTION, new ModelDescription(CONFIG, TASKS).toJson()),
          tensors);
      assertThatThrownBy(() -> IptModel.load(described))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining(name);
      ParameterVector before = model.values().copy();
      try (TensorFile open = SafeTensors.open(described)) {
        assertThatThrownBy(() -> ModelFile.read(open, model))
            .isInstanceOf(CorruptWeightsException.class);
      }
      Bits.assertSame(model.values().flat(), before.flat());
      tensors.put(name, good);
    }
    imported(heads(0));
  }

  @Test
  void otherMeanShiftsAreRefused() throws IOException {
    Tensor bias = tensors.get("sub_mean.bias");
    tensors.put("sub_mean.bias", Tensors.times(-1, bias));
    refuses(heads(0)).hasMessageContaining("sub_mean.bias: expected -1 × RGB range");
    tensors.put("sub_mean.bias", Tensors.times(2, bias));
    refuses(heads(0)).hasMessageContaining("two RGB ranges, [510");
    tensors.put("sub_mean.bias", bias);
    tensors.put("add_mean.weight", Tensors.times(2, tensors.get("add_mean.weight")));
    refuses(heads(0)).hasMessageContaining("add_mean.weight: expected the identity");
    tensors.keySet().removeIf(name -> name.contains("_mean."));
    SafeTensors.write(file, Map.of(), tensors);
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      assertThat(weights.rgbRange()).isEmpty();
      assertThat(weights.model(6, 7, heads(0)).config().rgbRange()).isEqualTo(7);
    }
  }

  @Test
  void tailsOfNoKnownScaleAreRefused() {
    tensors.put("tail.2.0.2.weight", Tensors.zeros(36, 4, 3, 3));
    refuses(heads(0)).hasMessageContaining("got tail.2.0.2.weight [36, 4, 3, 3]");
    tensors.put("tail.2.0.2.weight", Tensors.zeros(16, 4, 3, 3));
    tensors.put("tail.3.0.6.weight", Tensors.zeros(16, 4, 3, 3));
    refuses(heads(0)).hasMessageContaining("scale 1, 2, 3, 4 or 8, got tail.3.0.6.weight");
  }

  @Test
  void sizesThatAreThoseOfNoNetworkAreRefusedBeforeTheyTakeMemory() {
    Tensor position = tensors.get("body.position_encoding.pe.weight");
    tensors.put("body.position_encoding.pe.weight", Tensors.zeros(15, 36));
    refuses(heads(0)).hasMessageContaining("got C 4, D 36, S 15");
    tensors.put("body.position_encoding.pe.weight", position);
    tensors.put("body.linear_encoding.bias", Tensors.zeros(32_400));
    // D² would be 4 GB in each of several dozen tensors
    refuses(heads(0)).hasMessageContaining("do not fit the network");
    tensors.put("body.linear_encoding.bias", Tensors.zeros(36));
    tensors.put("head.0.0.bias", Tensors.zeros(0));
    refuses(heads(0)).hasMessageContaining("got C 0, D 36, S 16");
    tensors.remove("head.0.0.bias");
    tensors.remove("head.0.0.weight");
    refuses(heads(0)).hasMessageContaining("head.0.0.bias or head.0.0.weight, got neither");
    tensors.keySet().removeIf(name -> name.startsWith("head.0.") || name.contains("coder.layers."));
    refuses(heads(1)).hasMessageContaining("expected body.encoder.layers.0, got none");
  }

  @Test
  void theCallersMistakesAreNamed() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PublishedWeights.open(file))
        .withMessageContaining("is a model of this library");
    SafeTensors.write(file, Map.of(), tensors);
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> weights.model(6, 255, Map.of(6, TASKS.get(0))))
          .withMessageContaining("has no head 6; it has [0, 1, 2, 3, 4, 5]");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> weights.model(6, 255, Map.of(1, TASKS.get(0))))
          .withMessageContaining("task x2 is of scale 2, but head 1 of")
          .withMessageContaining("is of scale 3");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> weights.model(6, 255, Map.of()))
          .withMessageContaining("got none");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> weights.model(5, 255, heads(0)))
          .withMessageContaining("got D 36 and 5 heads");
    }
    Path text = Files.writeString(folder.resolve("text"), "neither of them");
    assertThatThrownBy(() -> PublishedWeights.open(text))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("expected safetensors or a PyTorch checkpoint");
    assertThatThrownBy(() -> PublishedWeights.open(GoldenFiles.file("torch-views.pt")))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("such as head.0.0.weight; got [plain, view");
  }

  /** What the file's heads with these numbers restore. */
  private static Map<Integer, Task> heads(int... numbers) {
    Map<Integer, Task> heads = new LinkedHashMap<>();
    for (int head : numbers) {
      heads.put(head, TASKS.get(head));
    }
    return heads;
  }

  private IptModel imported(Map<Integer, Task> heads) throws IOException {
    SafeTensors.write(file, Map.of(), tensors);
    try (PublishedWeights weights = PublishedWeights.open(file)) {
      return weights.model(6, weights.rgbRange().orElseThrow(), heads);
    }
  }

  private AbstractThrowableAssert<?, ?> refuses(Map<Integer, Task> heads) {
    return assertThatThrownBy(() -> imported(heads)).isInstanceOf(CorruptWeightsException.class);
  }
}
