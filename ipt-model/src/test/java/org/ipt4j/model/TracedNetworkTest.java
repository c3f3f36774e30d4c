package org.ipt4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.ipt4j.core.Node;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.junit.jupiter.api.Test;

/** The whole network as a graph of named operations. */
class TracedNetworkTest {
  private static final Task X2 = new Task("x2", 2);

  @Test
  void isAGraphFromTheInputToTheRestoredImage() {
    IptModel model = IptModel.create(IptConfig.preset("nano"), List.of(X2), 1);
    int side = model.config().imageSide();
    try (Tape tape = Tape.tracing(model.values())) {
      Variable input = tape.input(new float[3 * side * side], 0, 1, 3, side, side);
      Variable restored = model.forward(tape, X2, input).restored();
      List<Node> nodes = tape.nodes();

      Set<Variable> made = new HashSet<>();
      for (Node node : nodes) {
        assertThat(made).as("inputs of %s come before it", node).containsAll(node.inputs());
        assertThat(made).doesNotContainAnyElementsOf(node.outputs());
        made.addAll(node.outputs());
      }
      assertThat(nodes.get(nodes.size() - 1).outputs()).containsExactly(restored);
      assertThat(names(nodes, "input")).hasSize(1);
      assertThat(nodes.stream().map(node -> node.operation().name()).collect(Collectors.toSet()))
          .containsExactlyInAnyOrder(
              "input",
              "parameter",
              "constant",
              "shiftChannels",
              "conv2d",
              "unfold",
              "linear",
              "addEmbedding",
              "layerNorm",
              "split",
              "attention",
              "fold",
              "add",
              "pixelShuffle",
              "bicubic");
      assertThat(names(nodes, "parameter"))
          .as("all parameters, each once")
          .containsAll(
              model.values().layout().parameters().stream()
                  .map(parameter -> (Object) parameter.name())
                  .toList());
    }
  }

  private static List<Object> names(List<Node> nodes, String operation) {
    return nodes.stream()
        .filter(node -> node.operation().name().equals(operation))
        .map(node -> node.operation().attributes().getOrDefault("name", operation))
        .toList();
  }
}
