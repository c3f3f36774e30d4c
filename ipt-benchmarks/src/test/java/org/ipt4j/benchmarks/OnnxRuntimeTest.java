package org.ipt4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Conv;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Randomness;
import org.ipt4j.core.Variable;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.PublishedWeights;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.ipt4j.onnx.OnnxExport;
import org.ipt4j.onnx.Opset;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.transformer.DecoderForm;
import org.ipt4j.weights.GoldenFiles;
import org.ipt4j.weights.SafeTensors;
import org.ipt4j.weights.TensorFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Exported files compute in ONNX Runtime what the model does here. */
class OnnxRuntimeTest {
  private static final double TOLERANCE = 2e-3; // on 0..255

  /**
   * Nothing that a network has seen: attention's scores go far beyond what they are in images, and
   * either float32 lies up to 2e-2 from what double computes.
   */
  private static final double OF_NOISE = 3e-2;

  /** Rows of a table, for the documentation. */
  private static final List<String> DIFFERENCES = new ArrayList<>();

  private static final IptConfig NANO = IptConfig.preset("nano");
  private static final Task X2 = new Task("x2", 2);

  @TempDir Path folder;

  @AfterAll
  static void writeTable() throws IOException {
    Files.write(Path.of("target", "differences.md"), DIFFERENCES);
  }

  @ParameterizedTest
  @EnumSource
  void everyScaleBothDecodersAndRanges(Opset opset) throws IOException, OrtException {
    List<Task> tasks = new ArrayList<>();
    for (int scale : new int[] {1, 2, 3, 4, 8}) {
      tasks.add(new Task("of scale " + scale, scale));
    }
    for (DecoderForm form : DecoderForm.values()) {
      check("nano, " + form, model(NANO.with(form), tasks), opset);
    }
    IptConfig unit = new IptConfig(4, 12, 3, 2, 2, 1, DecoderForm.MEMORY, 1, false);
    check("nano, white 1", model(unit, tasks), opset);
  }

  @ParameterizedTest
  @CsvSource({"tiny, V17", "tiny, V23", "small, V17"})
  void everySize(String config, Opset opset) throws IOException, OrtException {
    check(config, model(IptConfig.preset(config), List.of(X2, new Task("x4", 4))), opset);
  }

  @ParameterizedTest
  @EnumSource
  void thePretrainedModel(Opset opset) throws IOException, OrtException {
    check("pretrained tiny", Pretrained.tiny(), opset);
  }

  @ParameterizedTest
  @CsvSource({"ipt-a, V17", "ipt-a, V23", "ipt-b, V17", "ipt-b, V23"})
  void thePublishedImplementation(String name, Opset opset) throws IOException, OrtException {
    Path file = folder.resolve("task.onnx");
    try (PublishedWeights weights =
            PublishedWeights.open(
                name.equals("ipt-a")
                    ? GoldenFiles.file(name + ".pt")
                    : GoldenFiles.sharedFile(name + ".pt"));
        TensorFile io =
            SafeTensors.open(
                name.equals("ipt-a")
                    ? GoldenFiles.file(name + "-io.safetensors")
                    : GoldenFiles.sharedFile(name + "-io.safetensors"))) {
      Map<Integer, Task> tasks = new LinkedHashMap<>();
      weights.scales().forEach((head, scale) -> tasks.put(head, new Task("task" + head, scale)));
      int heads = Integer.parseInt(io.metadata().get("num_heads"));
      IptModel model = weights.model(heads, 255, tasks);
      for (Task task : model.tasks()) {
        new OnnxExport(model).in(opset).write(task, file);
        String input = task.name() + ".input";
        long[] shape = io.shape(input);
        try (OnnxRuntime runtime = new OnnxRuntime(file, 2)) {
          float[] restored = runtime.restore(io.read(input), (int) shape[0]);
          double difference = distance(restored, io.read(task.name() + ".output"));
          DIFFERENCES.add(
              String.format(
                  Locale.ROOT,
                  "| golden %s | scale %d | %d | %.1e | |",
                  name,
                  task.scale(),
                  opset.version(),
                  difference));
          assertThat(difference).as(name + ", " + task.name()).isLessThan(TOLERANCE);
        }
      }
    }
  }

  @Test
  void headsAndTailsOfOnesOwn() throws IOException, OrtException {
    TaskLayers own =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            Conv colours = Conv.of(layout, name + ".colours", 3, config.features(), 5);
            Conv details =
                Conv.of(layout, name + ".details", config.features(), config.features(), 3);
            return (tape, x) -> {
              Variable y = Ops.relu(tape, colours.forward(tape, x));
              return Ops.add(tape, Ops.scale(tape, y, 0.5), details.forward(tape, y));
            };
          }
        };
    check("own head", randomised(IptModel.create(NANO, List.of(X2), own, 1)), Opset.V17);
  }

  @Test
  void saysWhatItIs() throws IOException, OrtException {
    IptModel model = Pretrained.tiny();
    Path file = folder.resolve("photo-x4.onnx");
    new OnnxExport(model).with(Map.of("licence", "Apache-2.0")).write(model.task("photo-x4"), file);
    try (OnnxRuntime runtime = new OnnxRuntime(file, 2)) {
      assertThat(runtime.inputShape()).containsExactly(-1, 3, 48, 48);
      assertThat(runtime.outputShape()).containsExactly(-1, 3, 192, 192);
      assertThat(runtime.metadata())
          .containsEntry("licence", "Apache-2.0")
          .containsEntry("ipt4j.task", "photo-x4")
          .containsEntry("ipt4j.undoes", "x4+denoise:sigma=0..8+jpeg:quality=40..95")
          .containsEntry("ipt4j.scale", "4")
          .containsEntry("ipt4j.side", "48")
          .containsEntry("ipt4j.overlap", "6")
          .containsKey("ipt4j.version");
    }
  }

  private void check(String name, IptModel model, Opset opset) throws IOException, OrtException {
    int side = model.config().imageSide();
    for (Task task : model.tasks()) {
      Path file = folder.resolve("task.onnx");
      new OnnxExport(model).in(opset).write(task, file);
      try (OnnxRuntime runtime = new OnnxRuntime(file, 2)) {
        Comparison comparison = new Comparison(model, task, runtime);
        double one = comparison.difference(leaves(1, side), 1);
        double leaves = comparison.difference(leaves(3, side), 3);
        double noise = comparison.difference(noise(3, side), 3);
        DIFFERENCES.add(
            String.format(
                Locale.ROOT,
                "| %s | %s | %d | %.1e | %.1e |",
                name,
                task.name(),
                opset.version(),
                Math.max(one, leaves),
                noise));
        String what = name + ", " + task.name() + ", " + opset;
        assertThat(Math.max(one, leaves)).as(what).isLessThan(TOLERANCE);
        assertThat(noise).as(what + ", noise").isLessThan(OF_NOISE);
      }
    }
  }

  private record Comparison(IptModel model, Task task, OnnxRuntime runtime) {
    double difference(float[] degraded, int count) throws OrtException {
      int side = model.config().imageSide();
      return distance(runtime.restore(degraded, count), model.restoreTiles(task, degraded, count));
    }
  }

  private static IptModel model(IptConfig config, List<Task> tasks) {
    return randomised(IptModel.create(config, tasks, 1));
  }

  /** What starts alike, as biases and gains do, no longer is. */
  private static IptModel randomised(IptModel model) {
    for (Parameter parameter : model.values().layout().parameters()) {
      RandomGenerator random = Randomness.at(3, parameter.name().hashCode());
      float[] numbers = model.values().read(parameter);
      if (numbers[0] == numbers[numbers.length - 1]) {
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] += (float) (0.02 * random.nextGaussian());
        }
      }
      model.values().write(parameter, numbers);
    }
    return model;
  }

  private static float[] leaves(int count, int side) {
    DeadLeaves images = new DeadLeaves(4, count, side, side);
    float[] pixels = new float[count * 3 * side * side];
    for (int i = 0; i < count; i++) {
      float[] image = images.image(i).pixels();
      System.arraycopy(image, 0, pixels, i * image.length, image.length);
    }
    return pixels;
  }

  private static float[] noise(int count, int side) {
    RandomGenerator random = Randomness.at(4, count);
    float[] pixels = new float[count * 3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    return pixels;
  }

  /** The largest difference. */
  private static double distance(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isFinite();
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    return worst;
  }
}
