package org.ipt4j.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.ipt4j.core.Attention;
import org.ipt4j.core.ConvOps;
import org.ipt4j.core.Device;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.Operation;
import org.ipt4j.core.Ops;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Precision;
import org.ipt4j.core.Tape;
import org.ipt4j.core.TokenOps;
import org.ipt4j.core.Variable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Each operation of the core alone, forward and backward, at the paper's width: batch 8, 256 tokens
 * of D 576, 12 heads; images of 64 features, 48×48.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CoreOperations {
  private static final int N = 8;
  private static final int S = 256;
  private static final int D = 576;
  private static final int C = 64;
  private static final int SIDE = 48;

  private record Setting(BiFunction<Tape, Variable[], Variable> operation, long[]... shapes) {}

  private static final Map<String, Setting> SETTINGS = new LinkedHashMap<>();

  static {
    long[] tokens = {N, S, D};
    long[] row = {D};
    long[] image = {N, C, SIDE, SIDE};
    put("linear", (t, v) -> Ops.linear(t, v[0], v[1], v[2]), tokens, new long[] {D, D}, row);
    put(
        "linearRelu",
        (t, v) -> Ops.linearRelu(t, v[0], v[1], v[2]),
        tokens,
        new long[] {4 * D, D},
        new long[] {4 * D});
    put(
        "attention",
        (t, v) -> Attention.attention(t, v[0], v[1], v[2], 12),
        tokens,
        tokens,
        tokens);
    put("layerNorm", (t, v) -> Ops.layerNorm(t, v[0], v[1], v[2]), tokens, row, row);
    put("add", (t, v) -> Ops.add(t, v[0], v[1]), tokens, tokens);
    put("unfold", (t, v) -> TokenOps.unfold(t, v[0], 3), image);
    put("pixelShuffle", (t, v) -> ConvOps.pixelShuffle(t, v[0], 2), image);
    put(
        "conv5x5",
        (t, v) -> ConvOps.conv2d(t, v[0], v[1], v[2]),
        image,
        new long[] {C, C, 5, 5},
        new long[] {C});
    put(
        "conv3x3to3",
        (t, v) -> ConvOps.conv2d(t, v[0], v[1], v[2]),
        image,
        new long[] {3, C, 3, 3},
        new long[] {3});
  }

  private static void put(
      String name, BiFunction<Tape, Variable[], Variable> operation, long[]... shapes) {
    SETTINGS.put(name, new Setting(operation, shapes));
  }

  /** The operation's name. */
  @Param({
    "linear",
    "linearRelu",
    "attention",
    "layerNorm",
    "add",
    "unfold",
    "pixelShuffle",
    "conv5x5",
    "conv3x3to3"
  })
  public String operation;

  private Setting setting;
  private ParameterVector values;
  private ParameterVector gradients;

  /** Inputs drawn at random. */
  @Setup
  public void prepare() {
    setting = SETTINGS.get(operation);
    ParameterLayout.Builder layout = new ParameterLayout.Builder().range("all");
    for (int i = 0; i < setting.shapes().length; i++) {
      layout.add("input" + i, Initializer.standardNormal(), setting.shapes()[i]);
    }
    values = ParameterVector.initialized(layout.build(), Device.of(Precision.FLOAT), 1);
    gradients = ParameterVector.zeros(values.layout(), values.device());
  }

  /** Forward, and backward from a gradient of what lies in the output's memory. */
  @Benchmark
  public double forwardAndBackward() {
    try (Tape tape = Tape.training(values, gradients)) {
      Variable[] inputs =
          values.layout().parameters().stream()
              .map((Parameter parameter) -> tape.parameter(parameter))
              .toArray(Variable[]::new);
      Variable y = setting.operation().apply(tape, inputs);
      tape.backward(
          tape.record(
              Operation.of("end"), tape.device().filled(1, 1), dy -> y.receive(y.value()), y));
      return tape.device().sum(y.value());
    }
  }
}
