package org.ipt4j.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx;
import org.ipt4j.core.Conv;
import org.ipt4j.core.Layer;
import org.ipt4j.core.Operation;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.Variable;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TaskLayers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in exported files; what they compute is compared in ipt-benchmarks. */
class OnnxExportTest {
  private static final IptConfig NANO = IptConfig.preset("nano");
  private static final Task X2 = new Task("x2", 2);

  @TempDir Path folder;

  /** As another reader of Protocol Buffers finds them. */
  @Test
  void weightsHaveThePublishedNamesAndShapes() throws IOException {
    IptModel model = IptModel.create(NANO, List.of(X2, new Task("denoise30", 1)), 1);
    Path file = folder.resolve("denoise.onnx");
    new OnnxExport(model).write(model.task("denoise30"), file);
    Onnx.ModelProto read = Onnx.ModelProto.parseFrom(Files.readAllBytes(file));
    assertThat(read.getIrVersion()).isEqualTo(8);
    assertThat(read.getOpsetImport(0).getVersion()).isEqualTo(17);
    Map<String, Onnx.TensorProto> weights = new LinkedHashMap<>();
    read.getGraph().getInitializerList().forEach(tensor -> weights.put(tensor.getName(), tensor));
    for (Parameter parameter : model.values().layout().parameters()) {
      boolean others =
          parameter.name().startsWith("head.0")
              || parameter.name().startsWith("tail.0")
              || parameter.name().equals("body.query_embed.weight.0");
      Onnx.TensorProto weight = weights.get(parameter.name());
      if (others) {
        assertThat(weight).as(parameter.name()).isNull();
        continue;
      }
      assertThat(weight.getDimsList().stream().mapToLong(d -> d).toArray())
          .as(parameter.name())
          .isEqualTo(parameter.shape());
      float[] numbers = new float[(int) parameter.length()];
      weight
          .getRawData()
          .asReadOnlyByteBuffer()
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(numbers);
      assertThat(numbers).as(parameter.name()).isEqualTo(model.values().read(parameter));
    }
  }

  /** Also where one task is called what another's file is, and where letters' case is not kept. */
  @Test
  void everyTaskHasAFileNameOfItsOwn() {
    List<Task> tasks = new ArrayList<>();
    for (String name : List.of("a:b", "a_b", "a_b.2", "A_B", "x2")) {
      tasks.add(new Task(name, 2));
    }
    assertThat(new OnnxExport(IptModel.create(NANO, tasks, 1)).fileNames().values())
        .containsExactly("a_b.onnx", "a_b.2.onnx", "a_b.2.2.onnx", "A_B.3.onnx", "x2.onnx");
  }

  @Test
  void namesAnOperationThatOnnxDoesNotHave() {
    TaskLayers own =
        new TaskLayers() {
          @Override
          public Layer head(
              ParameterLayout.Builder layout, String name, IptConfig config, Task task) {
            Conv conv = Conv.of(layout, name + ".colours", 3, config.features(), 3);
            return (tape, x) -> {
              Variable y = conv.forward(tape, x);
              return tape.record(Operation.of("swirl", "turns", 3), y.value(), dy -> {}, y);
            };
          }
        };
    IptModel model = IptModel.create(NANO, List.of(X2), own, 1);
    Path file = folder.resolve("x2.onnx");
    assertThatThrownBy(() -> new OnnxExport(model).write(X2, file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("operation swirl{turns=3} near head.0.colours.bias")
        .hasMessageContaining("conv2d");
    assertThat(file).doesNotExist();
  }
}
