package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.Bits;
import org.ipt4j.core.Losses;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Tokens;
import org.ipt4j.core.Variable;
import org.ipt4j.transformer.DecoderForm;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The whole network against the published PyTorch implementation, forward and backward. */
class GoldenNetworkTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"ipt-a.pt", "ipt-a-legacy.pt"})
  void ofScales231(String weights) throws IOException {
    check(GoldenFiles.file(weights), GoldenFiles.file("ipt-a-io.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ipt-b.pt", "ipt-b-legacy.pt"})
  void ofScales41(String weights) throws IOException {
    check(GoldenFiles.sharedFile(weights), GoldenFiles.sharedFile("ipt-b-io.safetensors"));
  }

  /** Imported, saved, and read again: what a user of published weights restores with. */
  private void check(Path weights, Path golden) throws IOException {
    Path saved = folder.resolve("model.safetensors");
    try (TensorFile io = SafeTensors.open(golden);
        PublishedWeights published = PublishedWeights.open(weights)) {
      IptConfig config = config(io.metadata());
      List<Task> tasks = tasks(io.metadata());
      Map<Integer, String> names = new LinkedHashMap<>();
      tasks.forEach(task -> names.put(names.size(), task.name()));
      published.model(config.attentionHeads(), config.rgbRange(), names).save(saved, Map.of());
      IptModel model = IptModel.load(saved);
      assertThat(model.config()).isEqualTo(config);
      assertThat(model.tasks()).isEqualTo(tasks);
      for (int t = 0; t < tasks.size(); t++) {
        checkTask(model, t, io);
      }
    }
    try (TensorFile before = PyTorchCheckpoint.open(weights);
        TensorFile after = SafeTensors.open(saved)) {
      assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
      for (String name : before.names()) {
        Bits.assertSame(after.read(name), before.read(name));
      }
    }
  }

  private static void checkTask(IptModel model, int t, TensorFile io) throws IOException {
    String prefix = "task" + t + ".";
    int side = model.config().imageSide();
    ParameterVector gradients = ParameterVector.zeros(model.values().layout(), DataType.FLOAT);
    try (Tape tape = Tape.training(model.values(), gradients)) {
      IptOutput output = model.forward(tape, model.tasks().get(t), io.read(prefix + "input"));
      Variable body = Tokens.fold(tape, output.tokens(), model.config().patchSide(), side, side);
      assertClose(output.features().value(), io.read(prefix + "head"), prefix + "head");
      assertClose(body.value(), io.read(prefix + "body"), prefix + "body");
      assertClose(output.restored().value(), io.read(prefix + "output"), prefix + "output");
      Variable loss = Losses.l1(tape, output.restored(), io.read(prefix + "target"));
      double expected = io.read(prefix + "l1").getDouble(0);
      assertThat(Math.abs(loss.value().getDouble(0) / expected - 1))
          .as(prefix + "l1")
          .isLessThan(1e-5);
      tape.backward(loss);
    }
    Map<String, INDArray> ours = PublishedNames.tensors(gradients);
    for (Map.Entry<String, INDArray> gradient : ours.entrySet()) {
      String name = prefix + "grad." + gradient.getKey();
      if (io.names().contains(name)) {
        INDArray expected = io.read(name);
        double difference = gradient.getValue().sub(expected).norm2Number().doubleValue();
        assertThat(difference / expected.norm2Number().doubleValue())
            .as(name)
            .isLessThanOrEqualTo(1e-4);
      } else {
        assertThat(gradient.getValue().norm2Number().doubleValue()).as(name).isZero();
      }
    }
  }

  private static void assertClose(INDArray ours, INDArray golden, String name) {
    assertThat(ours.sub(golden).normmaxNumber().doubleValue()).as(name).isLessThan(2e-3);
  }

  static IptConfig config(Map<String, String> metadata) {
    int layers = Integer.parseInt(metadata.get("num_layers"));
    return new IptConfig(
        Integer.parseInt(metadata.get("n_feats")),
        Integer.parseInt(metadata.get("patch_size")),
        Integer.parseInt(metadata.get("patch_dim")),
        Integer.parseInt(metadata.get("num_heads")),
        layers,
        layers,
        DecoderForm.MEMORY,
        Double.parseDouble(metadata.get("rgb_range")),
        false);
  }

  static List<Task> tasks(Map<String, String> metadata) {
    List<Task> tasks = new ArrayList<>();
    for (String scale : metadata.get("scale").split("\\+")) {
      tasks.add(new Task("task" + tasks.size(), Integer.parseInt(scale)));
    }
    return tasks;
  }
}
