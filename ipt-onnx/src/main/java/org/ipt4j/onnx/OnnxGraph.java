package org.ipt4j.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.ipt4j.weights.Tensor;

/**
 * An ONNX graph under construction: nodes in the order of computation, values by their names. Field
 * numbers: onnx.proto of ONNX 1.12.
 */
final class OnnxGraph {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  private record Node(
      String name, String type, List<String> inputs, List<String> outputs, List<Attribute> of) {
    Message message() {
      Message message = new Message();
      inputs.forEach(input -> message.add(1, input));
      outputs.forEach(output -> message.add(2, output));
      message.add(3, name).add(4, type);
      of.forEach(attribute -> message.add(5, attribute.message()));
      return message;
    }
  }

  private record Initializer(int type, Tensor tensor) {}

  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Initializer> initializers = new LinkedHashMap<>();
  private final Map<String, Integer> counts = new HashMap<>(); // of nodes, by place and type

  /**
   * Adds a node.
   *
   * @param place where in the network; the prefix of its name
   * @return the name of its output
   */
  String node(String place, String type, List<Attribute> attributes, String... inputs) {
    return node(place, type, attributes, 1, inputs).get(0);
  }

  /** As {@link #node(String, String, List, String...)}, with several outputs. */
  List<String> node(
      String place, String type, List<Attribute> attributes, int outputs, String... inputs) {
    String kind = place + "/" + type;
    int count = counts.merge(kind, 1, Integer::sum);
    String name = count == 1 ? kind : kind + "_" + count;
    List<String> names = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      names.add(outputs == 1 ? name : name + "." + i);
    }
    nodes.add(new Node(name, type, List.of(inputs), names, attributes));
    return names;
  }

  /** Adds numbers of the model, once under each name; returns the name. */
  String floats(String name, Tensor numbers) {
    initializers.putIfAbsent(name, new Initializer(FLOAT, numbers));
    return name;
  }

  /** Adds one number. */
  String number(float value) {
    return floats("number." + value, Tensor.of(new long[0], all -> all[0] = value));
  }

  /** Adds a list of integers, such as shapes and bounds. */
  String longs(long... values) {
    String name =
        "longs." + Arrays.stream(values).mapToObj(Long::toString).collect(Collectors.joining("_"));
    Tensor tensor = Tensor.ofLongs(new long[] {values.length}, values);
    initializers.putIfAbsent(name, new Initializer(INT64, tensor));
    return name;
  }

  /** Renames a node's output, also where it is read. */
  void rename(String from, String to) {
    nodes.replaceAll(
        node ->
            new Node(
                node.name(),
                node.type(),
                renamed(node.inputs(), from, to),
                renamed(node.outputs(), from, to),
                node.of()));
  }

  private static List<String> renamed(List<String> names, String from, String to) {
    return names.stream().map(name -> name.equals(from) ? to : name).toList();
  }

  /**
   * The whole graph.
   *
   * @param input and output: of float32, [N,3,H,W]
   */
  Message message(String name, Message input, Message output) {
    Message graph = new Message();
    nodes.forEach(node -> graph.add(1, node.message()));
    graph.add(2, name);
    initializers.forEach(
        (key, value) -> {
          Message tensor = new Message();
          for (long size : value.tensor().shape()) {
            tensor.add(1, size);
          }
          graph.add(5, tensor.add(2, value.type()).add(8, key).add(9, value.tensor()));
        });
    return graph.add(11, input).add(12, output);
  }

  /**
   * An input or output of float32, whose first axis is the batch.
   *
   * @param sizes of the other axes
   */
  static Message batch(String name, long... sizes) {
    Message shape = new Message().add(1, new Message().add(2, "N"));
    for (long size : sizes) {
      shape.add(1, new Message().add(1, size));
    }
    Message tensor = new Message().add(1, FLOAT).add(2, shape);
    return new Message().add(1, name).add(2, new Message().add(1, tensor));
  }
}
