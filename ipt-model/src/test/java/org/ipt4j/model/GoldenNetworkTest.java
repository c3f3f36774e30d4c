package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Losses;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.PoisoningDevice;
import org.ipt4j.core.Precision;
import org.ipt4j.core.Tape;
import org.ipt4j.core.TokenOps;
import org.ipt4j.core.Variable;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.GoldenFiles;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.Tensor;
import org.ipt4j.weights.TensorFile;
import org.ipt4j.weights.Tensors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The whole network against the published PyTorch implementation, forward and backward. The test of
 * a device elsewhere extends this.
 */
public class GoldenNetworkTest {
  @TempDir protected Path folder;

  /** Those that are judged. */
  protected List<Device> devices() {
    return List.of(
        Device.of(Precision.FLOAT), Device.plain(Precision.FLOAT), new PoisoningDevice());
  }

  /**
   * What is allowed between a device and PyTorch.
   *
   * @param output of any number of an output, absolute
   * @param loss relative
   * @param gradient the distance between gradients, relative to their length
   */
  public record Tolerance(double output, double loss, double gradient) {}

  /** For outputs whose largest number is {@code range}. */
  protected Tolerance tolerance(Device device, double range) {
    return new Tolerance(2e-3, 1e-5, 1e-4);
  }

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
      Map<Integer, Task> heads = new LinkedHashMap<>();
      tasks.forEach(task -> heads.put(heads.size(), task));
      published.model(config.attentionHeads(), config.rgbRange(), heads).save(saved, Map.of());
      IptModel model = IptModel.load(saved);
      assertThat(model.config()).isEqualTo(config);
      assertThat(model.tasks()).isEqualTo(tasks);
      for (int t = 0; t < tasks.size(); t++) {
        for (Device device : devices()) {
          checkTask(model.on(device), t, io);
        }
      }
    }
    try (TensorFile before = TensorFile.open(weights);
        TensorFile after = SafeTensors.open(saved)) {
      assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
      for (String name : before.names()) {
        assertThat(after.shape(name)).as(name).isEqualTo(before.shape(name));
        assertThat(Tensors.bytes(after.tensor(name)))
            .as(name)
            .isEqualTo(Tensors.bytes(before.tensor(name)));
      }
    }
  }

  private void checkTask(IptModel model, int t, TensorFile io) throws IOException {
    String prefix = "task" + t + ".";
    int side = model.config().imageSide();
    ParameterVector gradients =
        ParameterVector.zeros(model.values().layout(), model.values().device());
    try (Tape tape = Tape.training(model.values(), gradients)) {
      IptOutput output =
          model.forward(tape, model.tasks().get(t), constant(tape, io, prefix + "input"));
      Variable body = TokenOps.fold(tape, output.tokens(), model.config().patchSide(), side, side);
      assertClose(output.features().value(), array(io, prefix + "head"), prefix + "head");
      assertClose(body.value(), array(io, prefix + "body"), prefix + "body");
      assertClose(output.restored().value(), array(io, prefix + "output"), prefix + "output");
      Variable loss = Losses.l1(tape, output.restored(), constant(tape, io, prefix + "target"));
      double expected = io.readDoubles(prefix + "l1")[0];
      assertThat(Math.abs(tape.device().number(loss.value()) / expected - 1))
          .as(prefix + "l1")
          .isLessThan(tolerance(tape.device(), 1).loss());
      tape.backward(loss);
    }
    for (Map.Entry<String, Tensor> ours : PublishedNames.tensors(gradients).entrySet()) {
      String name = prefix + "grad." + ours.getKey();
      double[] gradient = Tensors.numbers(ours.getValue());
      if (io.names().contains(name)) {
        double[] expected = io.readDoubles(name);
        assertThat(distance(gradient, expected) / distance(expected, new double[expected.length]))
            .as(name)
            .isLessThanOrEqualTo(tolerance(model.values().device(), 1).gradient());
      } else {
        assertThat(gradient).as(name).containsOnly(0);
      }
    }
  }

  private static Variable constant(Tape tape, TensorFile file, String name) throws IOException {
    return tape.input(file.read(name), 0, file.shape(name));
  }

  private static INDArray array(TensorFile file, String name) throws IOException {
    return Nd4j.createFromArray(file.read(name)).reshape(file.shape(name));
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < b.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  private void assertClose(Array ours, INDArray golden, String name) {
    assertThat(Devices.inDouble(ours).sub(golden).normmaxNumber().doubleValue())
        .as(name)
        .isLessThan(tolerance(ours.device(), golden.normmaxNumber().doubleValue()).output());
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
