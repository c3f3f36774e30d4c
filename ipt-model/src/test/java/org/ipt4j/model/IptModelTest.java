package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.contrastive.ContrastiveLoss;
import org.ipt4j.core.Bits;
import org.ipt4j.core.Conv;
import org.ipt4j.core.Device;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Losses;
import org.ipt4j.core.Ops;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Randomness;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.CorruptWeightsException;
import org.ipt4j.weights.GoldenFiles;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.ipt4j.weights.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class IptModelTest {
  private static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));
  private static final IptConfig NANO = IptConfig.preset("nano");

  @Test
  void savedAndLoadedIsTheSame(@TempDir Path folder) throws IOException {
    IptModel model = published(DecoderForm.SELF, Devices.FAST);
    Path file = folder.resolve("model.safetensors");
    model.save(file, Map.of("trained", "not at all"));

    IptModel loaded = IptModel.load(file);

    assertThat(loaded.config()).isEqualTo(model.config());
    assertThat(loaded.tasks()).isEqualTo(model.tasks());
    Bits.assertSame(loaded.values().flat(), model.values().flat());
    INDArray in = image(2, 12, 3);
    Bits.assertSame(restored(loaded, TASKS.get(0), in), restored(model, TASKS.get(0), in));
    try (TensorFile tensors = SafeTensors.open(file)) {
      assertThat(tensors.metadata())
          .containsEntry("trained", "not at all")
          .hasEntrySatisfying("ipt4j.version", version -> assertThat(version).matches("[0-9.]+.*"));
      assertThat(tensors.shape("body.query_embed.weight")).containsExactly(2, 16 * 36);
    }
  }

  @Test
  void pixelsAreRestoredInPiecesAsInOnePass() {
    IptModel model = published(DecoderForm.MEMORY, Devices.FAST);
    int count =
        Pieces.forInference(model.config(), 1000) + 3; // which no number of pieces divides evenly
    INDArray in = image(count, 12, 3);
    for (Task task : TASKS) {
      float[] whole = restored(model, task, in).ravel().toFloatVector();
      assertThat(model.restoreTiles(task, in.ravel().toFloatVector(), count))
          .usingComparatorWithPrecision(1e-3f)
          .containsExactly(whole);
    }
  }

  @Test
  void pixelsOfAnotherSizeAreRefused() {
    IptModel model = published(DecoderForm.MEMORY, Devices.FAST);
    assertThatThrownBy(() -> model.restoreTiles(TASKS.get(0), new float[2 * 3 * 12 * 13], 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 images of 12×12 pixels have 864 values, got 936");
  }

  @Test
  void tasksAreTakenAwayAndAdded() {
    IptModel model = published(DecoderForm.MEMORY, Devices.FAST);
    Task denoise = TASKS.get(1);
    INDArray in = image(2, 12, 3);

    IptModel one = model.only(List.of(denoise));
    assertThat(one.tasks()).containsExactly(denoise);
    Bits.assertSame(restored(one, denoise, in), restored(model, denoise, in));

    Task stronger = new Task("denoise50", 1);
    IptModel three = model.with(stronger, 7);
    assertThat(three.tasks()).containsExactly(TASKS.get(0), denoise, stronger);
    for (Task task : TASKS) {
      Bits.assertSame(restored(three, task, in), restored(model, task, in));
    }
    assertThat(Bits.areSame(restored(three, stronger, in), restored(model, denoise, in))).isFalse();
    IptModel related = model.with(stronger, denoise, 7);
    Bits.assertSame(restored(related, stronger, in), restored(model, denoise, in));
    IptModel otherScale = model.with(stronger, TASKS.get(0), 7);
    assertThat(restored(otherScale, stronger, in).shape()).containsExactly(2, 3, 12, 12);

    assertThatThrownBy(() -> model.only(List.of(stronger)))
        .hasMessageContaining("no task denoise50");
    assertThatThrownBy(() -> model.with(denoise, 7)).hasMessageContaining("given twice");
  }

  /** They are printed, and a terminal may obey them; a file that has such is nobody's work. */
  @Test
  void tasksHaveNoControlCharacters(@TempDir Path folder) throws IOException {
    for (String bad : List.of("a\u001b[2J", "a\nb", "a\u007f", "a\u009b1m")) {
      for (Supplier<Task> task :
          List.<Supplier<Task>>of(
              () -> new Task(bad, 1, "x2", ""),
              () -> new Task("a", 1, bad, ""),
              () -> new Task("a", 1, "x2", bad))) {
        assertThatThrownBy(task::get)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageMatching(
                "a task's texts are one line without control characters, got U\\+00.. in task a.*");
      }
    }
    Path file = folder.resolve("model.safetensors");
    IptModel model = IptModel.create(NANO, TASKS, 1);
    String description = new ModelDescription(NANO, TASKS).toJson();
    SafeTensors.write(
        file,
        Map.of(ModelFile.DESCRIPTION, description.replace("\"x2\"", "\"x2\\u001b[2J\"")),
        PublishedNames.tensors(model.values()));
    assertThatThrownBy(() -> IptModel.load(file))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("got U+001B in task x2?[2J");
  }

  /** They would lead to the weights of another. */
  @Test
  void namesOfOtherWeightsAreRefused() {
    Task denoise = TASKS.get(1);
    Task body = new Task("body", 1);
    Task tail = new Task("denoise30 tail", 1);
    IptModel model = IptModel.create(NANO, TASKS, 1);
    for (List<Task> tasks : List.of(List.of(denoise, tail), List.of(tail, denoise))) {
      assertThatThrownBy(() -> IptModel.create(NANO, tasks, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("task denoise30 tail")
          .hasMessageContaining("the tail of task denoise30 ")
          .hasMessageContaining("would both have weights named denoise30 tail");
    }
    assertThatThrownBy(() -> model.with(body, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the body that all tasks share and task body would both have weights named body: the"
                + " task needs another name");
    assertThatThrownBy(() -> model.with(tail, denoise, 1))
        .hasMessageContaining("named denoise30 tail");
    assertThatThrownBy(() -> model.only(List.of(new Task("denoise30", 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the model's task denoise30 is of scale 1, asked for was one of scale 2");
    assertThat(IptModel.create(NANO, List.of(tail, new Task("body tail", 2)), 1).tasks())
        .hasSize(2);
  }

  @Test
  void aHeadOfOnesOwnIsTrainedAndSaved(@TempDir Path folder) throws IOException {
    TaskLayers plain =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            Conv conv = Conv.of(layout, name + ".conv", 3, config.features(), 1);
            return (tape, x) -> Ops.relu(tape, conv.forward(tape, x));
          }
        };
    IptModel model = IptModel.create(NANO, TASKS, plain, 1);
    ParameterVector gradients =
        ParameterVector.zeros(model.values().layout(), model.values().device());
    try (Tape tape = Tape.training(model.values(), gradients)) {
      Variable features = forward(tape, model, TASKS.get(0), image(1, 12, 3)).features();
      tape.backward(
          Losses.l1(tape, features, tape.constant(tape.device().filled(1000, features.shape()))));
    }
    ParameterLayout.Range head = model.trunk(TASKS.get(0)).get(1);
    assertThat(Devices.FAST.absoluteSum(gradients.range(head))).isPositive();

    Path file = folder.resolve("plain.safetensors");
    model.save(file, Map.of());
    INDArray in = image(1, 12, 3);
    Bits.assertSame(
        restored(ModelFile.load(file, plain), TASKS.get(0), in), restored(model, TASKS.get(0), in));
    assertThatThrownBy(() -> IptModel.load(file))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("missing head.0");
  }

  @Test
  void aTailMayReturnItsInput() {
    TaskLayers none =
        new TaskLayers() {
          @Override
          public Layer tail(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            return (tape, x) -> x;
          }
        };
    Task denoise = new Task("denoise30", 1);
    IptConfig config = new IptConfig(3, 12, 3, 3, 1, 1, DecoderForm.MEMORY, 255, true);
    IptModel model = IptModel.create(config, List.of(denoise), none, 1);
    assertThat(restored(model, denoise, image(1, 12, 3)).norm1Number().doubleValue()).isPositive();
  }

  @Test
  void aFileThatDoesNotFitNamesEverythingThatIsWrong(@TempDir Path folder) throws IOException {
    IptModel model = IptModel.create(NANO, TASKS, 1);
    Map<String, Tensor> tensors = PublishedNames.tensors(model.values());
    tensors.remove("head.0.0.bias");
    tensors.put("tail.1.1.bias", Tensors.zeros(4));
    tensors.put("stray", Tensors.zeros(1));
    Path file = folder.resolve("bad.safetensors");
    SafeTensors.write(file, Map.of(), tensors);
    INDArray before = Devices.nd(model.values().flat()).dup();

    try (TensorFile open = SafeTensors.open(file)) {
      assertThatThrownBy(() -> ModelFile.read(open, model))
          .isInstanceOf(CorruptWeightsException.class)
          .hasMessageContaining("missing head.0.0.bias")
          .hasMessageContaining("tail.1.1.bias: expected [3], got [4]")
          .hasMessageContaining("unexpected stray");
    }
    Bits.assertSame(Devices.nd(model.values().flat()), before);
    assertThatThrownBy(() -> IptModel.load(file))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("expected a model's configuration");
  }

  @Test
  void whatATaskUndoesAndIsForIsSavedAndMayBeMissing(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.safetensors");
    Task noise = new Task("denoise", 1, "denoise:sigma=0..55", "for grainy photographs");
    IptModel.create(NANO, List.of(noise, new Task("x2", 2)), 1).save(file, Map.of());

    IptModel loaded = IptModel.load(file);
    assertThat(loaded.tasks()).containsExactly(noise, new Task("x2", 2, "x2", ""));
    assertThat(loaded.task("denoise30").degradation()).isEqualTo("denoise30");

    Path older = folder.resolve("older.safetensors");
    try (TensorFile saved = SafeTensors.open(file)) {
      String description =
          saved
              .metadata()
              .get(ModelFile.DESCRIPTION)
              .replaceAll(",\"(degradation|use)\":\"[^\"]*\"", "");
      SafeTensors.write(older, Map.of(ModelFile.DESCRIPTION, description), Tensors.of(saved));
    }
    assertThat(IptModel.load(older).tasks())
        .containsExactly(new Task("denoise", 1), new Task("x2", 2));
  }

  /** Some of them would take more memory than there is, or time without end, if believed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "'\"scale\":2'; '\"scale\":4'; missing tail.0.0.2.weight",
        "'\"features\":4'; '\"features\":60000'; do not fit",
        "'\"features\":4'; '\"features\":2000000000'; D = C·P² is at most 2147483647",
        "'\"features\":4'; '\"features\":40000000000'; config.features: expected a whole number of at most 2147483647",
        "'\"features\":4'; '\"features\":null'; 'config.features: expected a whole number of at most 2147483647, got null'",
        "'\"features\":4,'; ''; config.features is missing",
        "'\"imageSide\":12'; '\"imageSide\":2000000001'; S is at most 2147483647",
        "'\"patchSide\":3'; '\"patchSide\":0'; positive",
        "'\"encoderLayers\":1'; '\"encoderLayers\":2000000000'; cannot be in 63 tensors",
        "'\"MEMORY\"'; null; 'config.decoderForm: expected one of [MEMORY, SELF], got null'",
        "'\"MEMORY\"'; '\"BOTH\"'; 'config.decoderForm: expected one of [MEMORY, SELF], got \"BOTH\"'",
        "'\"inputResidual\":true'; '\"inputResidual\":true,\"more\":1'; config.more is a part that this library does not know",
        "'[{\"name\":\"x2\",'; '[null,{\"name\":\"x2\",'; 'tasks[0]: expected parts with names, got null'",
        "'\"name\":\"x2\"'; '\"name\":null'; 'tasks[0].name: expected a text, got null'",
        "'\"name\":\"denoise30\"'; '\"name\":\"x2\"'; given twice",
        "'\"scale\":2'; '\"scale\":2000000000'; scale is 1, 2, 3, 4 or 8",
        "'}]}'; '}]'; 'ipt4j.model: no JSON: '",
        "'}]}'; '}]} {}'; 'ipt4j.model: no JSON: '",
        "'\"scale\":2'; '\"scale\":\"2\"'; 'tasks[0].scale: expected a whole number'",
        "'\"scale\":2'; '\"scale\":2,\"colour\":1'; tasks[0].colour is a part",
        "'\"rgbRange\":255.0'; '\"rgbRange\":\"255\"'; 'config.rgbRange: expected a number'",
        "'\"inputResidual\":true'; '\"inputResidual\":1'; expected true or false",
        "',\"inputResidual\":true'; ''; config.inputResidual is missing",
        "'\"features\":4'; '\"features\":4,\"features\":4'; Duplicate field",
        "'\"format\":1'; '\"format\":3,\"news\":[]'; 'written by format 3, this library reads up to 1'",
        "'\"format\":1,\"config\":'; '\"format\":7,\"net\":'; 'written by format 7, this library'",
        "'\"format\":1'; '\"format\":-1'; 'written by format -1'",
        "'\"format\":1'; '\"format\":\"1\"'; 'format: expected a whole number'",
        "'\"use\":'; '\"user\":'; tasks[0].user is a part that this library does not know",
      })
  void descriptionsOfNoSuchNetworkAreRefused(
      String there, String instead, String message, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.safetensors");
    IptModel.create(NANO, TASKS, 1).save(file, Map.of());
    Map<String, Tensor> tensors;
    String description;
    try (TensorFile saved = SafeTensors.open(file)) {
      description = saved.metadata().get(ModelFile.DESCRIPTION);
      tensors = Tensors.of(saved);
    }
    String bad = description.replace(there, instead);
    assertThat(bad).isNotEqualTo(description);
    SafeTensors.write(file, Map.of(ModelFile.DESCRIPTION, bad), tensors);
    assertThatThrownBy(() -> IptModel.load(file))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void otherFilesAreNamedForWhatTheyAre(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> IptModel.load(GoldenFiles.file("ipt-a.pt")))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("got a PyTorch checkpoint, which has to be imported");
    assertThatThrownBy(() -> IptModel.load(GoldenFiles.file("ipt-a-legacy.pt")))
        .hasMessageContaining("got a PyTorch checkpoint, which has to be imported");
    assertThatThrownBy(() -> IptModel.load(GoldenFiles.file("ipt-a-after-adam.safetensors")))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("found none: published weights have to be imported");
    Path text = Files.writeString(folder.resolve("text"), "a long text, but no weights");
    assertThatThrownBy(() -> IptModel.load(text))
        .isInstanceOf(CorruptWeightsException.class)
        .hasMessageContaining("no safetensors");
  }

  @Test
  void mistakesAreNamed() {
    IptModel model = IptModel.create(NANO, TASKS, 1);
    assertThatThrownBy(() -> model.task("derain"))
        .hasMessage("the model has no task derain; it has x2, denoise30");
    assertThatThrownBy(() -> restored(model, TASKS.get(0), image(1, 13, 1)))
        .hasMessage("the network expects [N, 3, 12, 12], got [1, 3, 13, 13]");
    assertThatThrownBy(() -> IptConfig.preset("huge"))
        .hasMessage("unknown configuration huge; known are base, small, tiny, nano");
    assertThatThrownBy(() -> config(4, 13, 3, 6, DecoderForm.MEMORY))
        .hasMessage("the image side must be divisible by the patch side, got 13 and 3");
    assertThatThrownBy(() -> config(4, 12, 3, 5, DecoderForm.MEMORY))
        .hasMessage("the embedding must be divisible by the heads, got D 36 and 5 heads");
    assertThatThrownBy(() -> IptModel.create(NANO, List.of(new Task("x5", 5)), 1))
        .hasMessage("a tail's scale is 1, 2, 3, 4 or 8, got 5");
    assertThatThrownBy(() -> IptModel.create(NANO, List.of(TASKS.get(0), TASKS.get(0)), 1))
        .hasMessage("task x2 is given twice");
  }

  @Test
  void thePublishedModelHas115MillionParameters() {
    // per task as in the paper's six-task pretraining
    List<Task> tasks = new ArrayList<>();
    for (int scale : new int[] {2, 3, 4, 1, 1, 1}) {
      tasks.add(new Task("task" + tasks.size(), scale));
    }
    long length =
        IptNetwork.of(IptConfig.preset("base"), tasks, TaskLayers.PUBLISHED).layout().length();
    assertThat(length).isBetween(114_000_000L, 119_000_000L);
    long tiny =
        IptNetwork.of(IptConfig.preset("tiny"), tasks, TaskLayers.PUBLISHED).layout().length();
    assertThat(tiny).isBetween(2_000_000L, 3_000_000L);
  }

  @Test
  void manyThreadsGiveWhatOneGives() throws InterruptedException, ExecutionException {
    IptModel model = published(DecoderForm.MEMORY, Devices.FAST);
    List<INDArray> inputs = new ArrayList<>();
    List<INDArray> expected = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      inputs.add(image(2, 12, i));
      expected.add(restored(model, TASKS.get(i % 2), inputs.get(i)));
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<INDArray>> results = new ArrayList<>();
      for (int round = 0; round < 40; round++) {
        int i = round % 8;
        results.add(threads.submit(() -> restored(model, TASKS.get(i % 2), inputs.get(i))));
      }
      for (int round = 0; round < 40; round++) {
        Bits.assertSame(results.get(round).get(), expected.get(round % 8));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBatchIsItsImages(DecoderForm form) {
    IptModel model = published(form, Devices.JUDGE);
    INDArray batch = image(3, 12, 4).castTo(DataType.DOUBLE);
    INDArray together = restored(model, TASKS.get(0), batch);
    for (int i = 0; i < 3; i++) {
      INDArray one = batch.slice(i).dup().reshape('c', new long[] {1, 3, 12, 12});
      INDArray alone = restored(model, TASKS.get(0), one);
      assertThat(alone.slice(0).sub(together.slice(i)).normmaxNumber().doubleValue())
          .isLessThan(1e-9);
    }
  }

  @Test
  void decoderFormsDiffer() {
    INDArray in = image(1, 12, 1);
    INDArray memory = restored(published(DecoderForm.MEMORY, Devices.FAST), TASKS.get(0), in);
    INDArray self = restored(published(DecoderForm.SELF, Devices.FAST), TASKS.get(0), in);
    assertThat(memory.sub(self).normmaxNumber().doubleValue()).isGreaterThan(1e-3);
  }

  @Test
  void gradientOfTheWholeNetworkIsTheCentralDifference() {
    for (DecoderForm form : DecoderForm.values()) {
      IptModel model = published(form, Devices.JUDGE);
      INDArray in = image(2, 12, 1).castTo(DataType.DOUBLE);
      INDArray target = image(2, 24, 2).castTo(DataType.DOUBLE);
      ParameterVector gradients =
          ParameterVector.zeros(model.values().layout(), model.values().device());
      try (Tape tape = Tape.training(model.values(), gradients)) {
        tape.backward(loss(tape, model, in, target));
      }
      // along a random direction of all parameters at once
      INDArray direction = Nd4j.createUninitialized(DataType.DOUBLE, gradients.layout().length());
      RandomGenerator random = Randomness.at(3);
      for (long i = 0; i < direction.length(); i++) {
        direction.putScalar(i, random.nextGaussian());
      }
      double step = 1e-7;
      Devices.nd(model.values().flat()).addi(direction.mul(step));
      double above = loss(model, in, target);
      Devices.nd(model.values().flat()).subi(direction.mul(2 * step));
      double below = loss(model, in, target);
      double slope = Devices.nd(gradients.flat()).mul(direction).sumNumber().doubleValue();
      assertThat((above - below) / (2 * step) / slope).as(form.name()).isBetween(0.9999, 1.0001);
    }
  }

  @Test
  void withContrastiveTrainingL1StillReachesTheBody() {
    IptModel model = published(DecoderForm.MEMORY, Devices.FAST);
    ParameterVector both = gradients(model, 1, 1);
    ParameterVector contrastive = gradients(model, 0, 1);
    ParameterVector l1 = gradients(model, 1, 0);
    for (ParameterLayout.Range range : model.trunk(TASKS.get(0))) {
      double fromL1 = norm(l1, range);
      assertThat(fromL1).isPositive();
      INDArray difference = Devices.nd(both.range(range)).sub(Devices.nd(contrastive.range(range)));
      assertThat(difference.sub(Devices.nd(l1.range(range))).norm2Number().doubleValue())
          .as("what L1 adds to %s, against L1 alone", range.name())
          .isLessThan(1e-3 * fromL1);
    }
  }

  @Test
  void theContrastiveLossAloneReachesHeadAndBodyButNoTail() {
    IptModel model = published(DecoderForm.MEMORY, Devices.FAST);
    ParameterVector contrastive = gradients(model, 0, 1);
    for (ParameterLayout.Range range : model.trunk(TASKS.get(0))) {
      assertThat(norm(contrastive, range)).as(range.name()).isPositive();
    }
    assertThat(norm(contrastive, model.tail(TASKS.get(0)))).isZero();
    assertThat(norm(contrastive, model.trunk(TASKS.get(1)).get(1))).isZero();
  }

  private static double norm(ParameterVector gradients, ParameterLayout.Range range) {
    return Math.sqrt(Devices.FAST.squareSum(gradients.range(range)));
  }

  private static ParameterVector gradients(IptModel model, double l1, double contrastive) {
    ParameterVector gradients =
        ParameterVector.zeros(model.values().layout(), model.values().device());
    try (Tape tape = Tape.training(model.values(), gradients)) {
      IptOutput output = forward(tape, model, TASKS.get(0), image(3, 12, 1));
      Variable loss = null;
      if (l1 > 0) {
        loss = Losses.l1(tape, output.restored(), constant(tape, image(3, 24, 2)));
      }
      if (contrastive > 0) {
        Variable term = ContrastiveLoss.of(tape, output.tokens(), ContrastiveForm.PAPER);
        loss = loss == null ? term : Ops.add(tape, loss, term);
      }
      tape.backward(loss);
    }
    return gradients;
  }

  private static double loss(IptModel model, INDArray in, INDArray target) {
    try (Tape tape = Tape.inference(model.values())) {
      return tape.device().number(loss(tape, model, in, target).value());
    }
  }

  private static Variable loss(Tape tape, IptModel model, INDArray in, INDArray target) {
    return Losses.l1(
        tape, forward(tape, model, TASKS.get(0), in).restored(), constant(tape, target));
  }

  private static INDArray restored(IptModel model, Task task, INDArray degraded) {
    try (Tape tape = Tape.inference(model.values())) {
      return Devices.nd(forward(tape, model, task, degraded).restored().value()).dup();
    }
  }

  private static IptOutput forward(Tape tape, IptModel model, Task task, INDArray degraded) {
    return model.forward(tape, task, constant(tape, degraded));
  }

  private static Variable constant(Tape tape, INDArray x) {
    return tape.constant(Devices.array(tape.device(), x));
  }

  private static IptModel published(DecoderForm form, Device device) {
    return IptModel.create(config(4, 12, 3, 6, form), TASKS, TaskLayers.PUBLISHED, 1, device);
  }

  private static IptConfig config(int c, int side, int patch, int heads, DecoderForm form) {
    return new IptConfig(c, side, patch, heads, 2, 2, form, 255, false);
  }

  private static INDArray image(int n, int side, long seed) {
    RandomGenerator random = Randomness.at(seed);
    INDArray image = Nd4j.createUninitialized(DataType.FLOAT, n, 3, side, side);
    for (long i = 0; i < image.length(); i++) {
      image.putScalar(i, 255 * random.nextFloat());
    }
    return image;
  }
}
