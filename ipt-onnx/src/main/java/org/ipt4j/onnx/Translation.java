package org.ipt4j.onnx;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.ipt4j.core.Array;
import org.ipt4j.core.Node;
import org.ipt4j.core.Operation;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Variable;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.weights.Tensor;

/**
 * Translates the operations of a traced pass into ONNX nodes. The pass had one image; here the
 * first axis of everything that depends on the input is free. Each variable is available in its own
 * shape or as rows of its last axis ([N·S,D] for [N,S,D]), which ONNX's matrix product with a bias
 * ({@code Gemm}) takes; the other form is made when it is first needed.
 */
final class Translation {
  private interface Form {
    void translate(Node node);
  }

  /** The names of a variable's forms; null if not made yet. */
  private static final class Names {
    private String shaped;
    private String rows;
  }

  private final Opset opset;
  private final ParameterVector values;
  private final OnnxGraph graph = new OnnxGraph();
  private final Map<Variable, Names> names = new IdentityHashMap<>();
  private final Map<String, Form> forms = new TreeMap<>();
  private String place; // of the node that is translated
  private int constants;

  Translation(Opset opset, ParameterVector values) {
    this.opset = opset;
    this.values = values;
    forms.put("input", node -> is(node, OnnxExport.INPUT));
    forms.put("parameter", this::parameter);
    forms.put("constant", this::constant);
    forms.put("shiftChannels", node -> is(node, add(node)));
    forms.put("add", this::sum);
    forms.put("addEmbedding", node -> is(node, add(node)));
    forms.put("scale", this::scale);
    forms.put("relu", node -> same(node, x -> emit("Relu", List.of(), x)));
    forms.put("linear", this::linear);
    forms.put("layerNorm", this::layerNorm);
    forms.put("split", this::split);
    forms.put("attention", this::attention);
    forms.put("conv2d", this::convolution);
    forms.put("unfold", this::unfold);
    forms.put("fold", this::fold);
    forms.put("pixelShuffle", this::pixelShuffle);
    forms.put("bicubic", this::bicubic);
  }

  /**
   * The graph of a traced pass, of which {@code restored} is the output.
   *
   * @throws IllegalArgumentException if an operation has no form in ONNX, naming it and its place
   */
  OnnxGraph graph(List<Node> nodes, Variable restored) {
    for (Node node : nodes) {
      Form form = forms.get(node.operation().name());
      if (form == null) {
        throw new IllegalArgumentException(
            "operation "
                + node.operation()
                + " near "
                + node.place()
                + " has no form in ONNX; those that have: "
                + String.join(", ", forms.keySet()));
      }
      place = layer(node.place());
      form.translate(node);
    }
    graph.rename(shaped(restored), OnnxExport.OUTPUT);
    return graph;
  }

  /** The layer of a parameter. */
  private static String layer(String parameter) {
    int dot = parameter.lastIndexOf('.');
    return (dot < 0 ? parameter : parameter.substring(0, dot)).replace(' ', '_');
  }

  // ---- names

  private void is(Node node, String shaped) {
    names(node.outputs().get(0)).shaped = shaped;
  }

  private void isRows(Node node, String rows) {
    Variable output = node.outputs().get(0);
    if (output.value().rank() == 2) {
      is(node, rows);
    } else {
      names(output).rows = rows;
    }
  }

  private Names names(Variable variable) {
    return names.computeIfAbsent(variable, v -> new Names());
  }

  private String shaped(Variable variable) {
    Names of = names(variable);
    if (of.shaped == null) {
      of.shaped = reshape(of.rows, batched(variable.shape()));
    }
    return of.shaped;
  }

  private String rows(Variable variable) {
    Names of = names(variable);
    if (variable.value().rank() == 2) {
      return of.shaped;
    }
    if (of.rows == null) {
      long[] shape = variable.shape();
      of.rows = reshape(of.shaped, -1, shape[shape.length - 1]);
    }
    return of.rows;
  }

  private boolean areRows(Variable variable) {
    return names(variable).rows != null;
  }

  /** An operation that works on any shape. */
  private void same(Node node, UnaryOperator<String> form) {
    Variable x = node.inputs().get(0);
    if (areRows(x)) {
      isRows(node, form.apply(rows(x)));
    } else {
      is(node, form.apply(shaped(x)));
    }
  }

  private static long[] batched(long... shape) {
    long[] batched = shape.clone();
    batched[0] = -1;
    return batched;
  }

  // ---- nodes

  private String emit(String type, List<Attribute> attributes, String... inputs) {
    return graph.node(place, type, attributes, inputs);
  }

  private String reshape(String x, long... shape) {
    return emit("Reshape", List.of(), x, graph.longs(shape));
  }

  private String transpose(String x, long... axes) {
    return emit("Transpose", List.of(Attribute.of("perm", axes)), x);
  }

  private String add(Node node) {
    return emit("Add", List.of(), shaped(node.inputs().get(0)), shaped(node.inputs().get(1)));
  }

  private String activated(Operation operation, String x) {
    return operation.attributes().get("activation").equals("relu") ? emit("Relu", List.of(), x) : x;
  }

  private static long whole(Node node, String attribute) {
    return ((Number) node.operation().attributes().get(attribute)).longValue();
  }

  private static boolean flag(Node node, String attribute) {
    return (Boolean) node.operation().attributes().get(attribute);
  }

  // ---- leaves

  /** A parameter, under its published name and shape; a part of it is sliced from it. */
  private void parameter(Node node) {
    String name = (String) node.operation().attributes().get("name");
    Parameter whole =
        values.layout().parameters().stream()
            .filter(parameter -> parameter.name().equals(name))
            .findFirst()
            .orElseThrow();
    graph.floats(name, Tensor.of(whole.shape(), numbers -> values.read(whole, numbers)));
    long[] shape = node.outputs().get(0).shape();
    if (shape[0] == whole.shape()[0]) {
      is(node, name);
      return;
    }
    long from = whole(node, "row");
    is(node, emit("Slice", List.of(), name, graph.longs(from), graph.longs(from + shape[0])));
  }

  private void constant(Node node) {
    Array array = node.outputs().get(0).value();
    float[] numbers = new float[Math.toIntExact(array.length())];
    array.device().read(array, numbers, 0);
    Tensor tensor =
        Tensor.of(array.shape(), all -> System.arraycopy(numbers, 0, all, 0, all.length));
    is(node, graph.floats("constant." + ++constants, tensor));
  }

  // ---- arithmetic

  private void sum(Node node) {
    Variable a = node.inputs().get(0);
    Variable b = node.inputs().get(1);
    if (areRows(a) && areRows(b)) {
      isRows(node, emit("Add", List.of(), rows(a), rows(b)));
    } else {
      is(node, add(node));
    }
  }

  private void scale(Node node) {
    double factor = ((Number) node.operation().attributes().get("factor")).doubleValue();
    same(node, x -> emit("Mul", List.of(), x, graph.number((float) factor)));
  }

  private void linear(Node node) {
    List<Variable> left = new ArrayList<>(node.inputs());
    String x = rows(left.remove(0));
    String w = shaped(left.remove(0));
    String b = flag(node, "bias") ? shaped(left.remove(0)) : null;
    String r = flag(node, "residual") ? rows(left.remove(0)) : null;
    List<Attribute> transposed = List.of(Attribute.of("transB", 1));
    String y;
    if (b != null) {
      y = emit("Gemm", transposed, x, w, b);
      y = r == null ? y : emit("Add", List.of(), r, y);
    } else if (r != null) {
      y = emit("Gemm", transposed, x, w, r);
    } else {
      y = emit("Gemm", transposed, x, w);
    }
    isRows(node, activated(node.operation(), y));
  }

  private void layerNorm(Node node) {
    String gain = shaped(node.inputs().get(1));
    String bias = shaped(node.inputs().get(2));
    double epsilon = (Double) node.operation().attributes().get("epsilon");
    List<Attribute> attributes =
        List.of(Attribute.of("axis", -1), Attribute.of("epsilon", (float) epsilon));
    same(node, x -> emit("LayerNormalization", attributes, x, gain, bias));
  }

  // ---- attention

  private void split(Node node) {
    List<?> bounds = (List<?>) node.operation().attributes().get("bounds");
    long[] lengths = new long[bounds.size() - 1];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = (Long) bounds.get(i + 1) - (Long) bounds.get(i);
    }
    List<String> parts =
        graph.node(
            place,
            "Split",
            List.of(Attribute.of("axis", -1)),
            lengths.length,
            shaped(node.inputs().get(0)),
            graph.longs(lengths));
    for (int i = 0; i < lengths.length; i++) {
      names(node.outputs().get(i)).shaped = parts.get(i);
    }
  }

  private void attention(Node node) {
    Variable q = node.inputs().get(0);
    Variable k = node.inputs().get(1);
    Variable v = node.inputs().get(2);
    long heads = whole(node, "heads");
    if (opset.hasAttention()) {
      List<Attribute> attributes =
          List.of(Attribute.of("q_num_heads", heads), Attribute.of("kv_num_heads", heads));
      is(node, emit("Attention", attributes, shaped(q), shaped(k), shaped(v)));
      return;
    }
    long width = q.size(2) / heads;
    float factor = (float) (1 / Math.sqrt(width));
    String scaled = emit("Mul", List.of(), heads(q, heads, 0, 2, 1, 3), graph.number(factor));
    String scores = emit("MatMul", List.of(), scaled, heads(k, heads, 0, 2, 3, 1)); // [N,A,S,S']
    String weights = emit("Softmax", List.of(Attribute.of("axis", -1)), scores);
    String y = emit("MatMul", List.of(), weights, heads(v, heads, 0, 2, 1, 3)); // [N,A,S,D/A]
    isRows(node, reshape(transpose(y, 0, 2, 1, 3), -1, q.size(2)));
  }

  /** [N,S,D] → [N,S,A,D/A], with its axes permuted. */
  private String heads(Variable x, long heads, long... axes) {
    return transpose(reshape(shaped(x), -1, x.size(1), heads, x.size(2) / heads), axes);
  }

  // ---- images

  private void convolution(Node node) {
    Variable w = node.inputs().get(1);
    long k = w.size(2);
    List<Attribute> attributes =
        List.of(
            Attribute.of("kernel_shape", new long[] {k, k}),
            Attribute.of("pads", new long[] {k / 2, k / 2, k / 2, k / 2}));
    String y =
        emit(
            "Conv",
            attributes,
            shaped(node.inputs().get(0)),
            shaped(w),
            shaped(node.inputs().get(2)));
    if (flag(node, "residual")) {
      y = emit("Add", List.of(), shaped(node.inputs().get(3)), y);
    }
    is(node, activated(node.operation(), y));
  }

  private void unfold(Node node) {
    Variable x = node.inputs().get(0);
    long p = whole(node, "side");
    String cut = reshape(shaped(x), -1, x.size(1), x.size(2) / p, p, x.size(3) / p, p);
    isRows(node, reshape(transpose(cut, 0, 2, 4, 1, 3, 5), -1, x.size(1) * p * p));
  }

  private void fold(Node node) {
    long[] shape = node.outputs().get(0).shape();
    long p = whole(node, "side");
    Variable tokens = node.inputs().get(0);
    String x = areRows(tokens) ? rows(tokens) : shaped(tokens);
    String apart = reshape(x, -1, shape[2] / p, shape[3] / p, shape[1], p, p);
    is(node, reshape(transpose(apart, 0, 3, 1, 4, 2, 5), batched(shape)));
  }

  private void pixelShuffle(Node node) {
    List<Attribute> attributes =
        List.of(Attribute.of("blocksize", whole(node, "factor")), Attribute.of("mode", "CRD"));
    is(node, emit("DepthToSpace", attributes, shaped(node.inputs().get(0))));
  }

  /** Two products: ONNX's {@code Resize} treats pixels beyond an image's edge differently. */
  private void bicubic(Node node) {
    Variable x = node.inputs().get(0);
    int side = (int) x.size(2);
    float[][] rows = Bicubic.enlargingMatrix(side, (int) whole(node, "factor"));
    String left = graph.floats("bicubic", matrix(rows, false));
    String right = graph.floats("bicubic.transposed", matrix(rows, true));
    String tall = emit("MatMul", List.of(), left, shaped(x));
    is(node, emit("MatMul", List.of(), tall, right));
  }

  private static Tensor matrix(float[][] rows, boolean transposed) {
    int columns = rows[0].length;
    long[] shape =
        transposed ? new long[] {columns, rows.length} : new long[] {rows.length, columns};
    return Tensor.of(
        shape,
        all -> {
          for (int i = 0; i < all.length; i++) {
            all[i] =
                transposed
                    ? rows[i % rows.length][i / rows.length]
                    : rows[i / columns][i % columns];
          }
        });
  }
}
