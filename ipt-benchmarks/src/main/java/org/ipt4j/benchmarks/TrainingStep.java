package org.ipt4j.benchmarks;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Kernels;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.PatchBatch;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Times a training step of the shared transformer (forward, L1, backward, Adam) on our tape and as
 * a SameDiff graph of the same weights, after comparing their gradients, and of the whole network.
 * Each measurement is a process of its own; they run in turns, and medians are printed.
 */
final class TrainingStep {
  private static final int ROUNDS = 3;
  private static final int WARM_UP = 4;
  private static final int MEASURED = 9;

  private enum Engine {
    /** The body on our tape. */
    OURS,
    /** The body in SameDiff. */
    SAMEDIFF,
    /** The whole network: heads, body and tails. */
    STEP
  }

  private record Result(double milliseconds, double megabytes, double allocated) {}

  private TrainingStep() {}

  /** Without arguments: everything. With an engine and a size: one measurement, as one line. */
  public static void main(String[] arguments)
      throws IOException, InterruptedException, ReflectiveOperationException {
    if (arguments.length == 2) {
      measure(Engine.valueOf(arguments[0]), Size.valueOf(arguments[1]));
      return;
    }
    for (Size size : Size.values()) {
      Map<Engine, List<Result>> results = new LinkedHashMap<>();
      for (int round = 0; round < ROUNDS; round++) {
        for (Engine engine : Engine.values()) {
          results.computeIfAbsent(engine, e -> new ArrayList<>()).add(spawn(engine, size));
        }
      }
      print(size, results);
    }
  }

  private static void print(Size size, Map<Engine, List<Result>> results) {
    System.out.printf(
        Locale.ROOT,
        "%n%s: D %d, %d tokens, batch %d; medians of %d processes%n",
        size,
        size.transformer().embedding(),
        size.transformer().tokens(),
        size.batch,
        ROUNDS);
    System.out.printf(
        Locale.ROOT,
        "%-10s %12s %10s %14s %28s%n",
        "",
        "ms",
        "GFLOP/s",
        "peak RSS (MB)",
        "outside workspaces (B/step)");
    results.forEach(
        (engine, all) -> {
          double milliseconds = median(all.stream().mapToDouble(Result::milliseconds).toArray());
          System.out.printf(
              Locale.ROOT,
              "%-10s %12.1f %10s %14.0f %28.0f%n",
              engine,
              milliseconds,
              engine == Engine.STEP
                  ? ""
                  : String.format(Locale.ROOT, "%.0f", size.bodyFlop() / milliseconds / 1e6),
              median(all.stream().mapToDouble(Result::megabytes).toArray()),
              median(all.stream().mapToDouble(Result::allocated).toArray()));
        });
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      ratios[i] =
          results.get(Engine.SAMEDIFF).get(i).milliseconds()
              / results.get(Engine.OURS).get(i).milliseconds();
    }
    System.out.printf(
        Locale.ROOT, "SameDiff / ours, round by round: %s%n", Arrays.toString(ratios));
  }

  private static Result spawn(Engine engine, Size size) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            TrainingStep.class.getName(),
            engine.name(),
            size.name()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putIfAbsent("OMP_WAIT_POLICY", "PASSIVE");
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(engine + " " + size + " failed: " + output);
    }
    String[] words = output.strip().lines().reduce((a, b) -> b).orElseThrow().split(" ");
    return new Result(
        Double.parseDouble(words[0]), Double.parseDouble(words[1]), Double.parseDouble(words[2]));
  }

  private static void measure(Engine engine, Size size)
      throws IOException, ReflectiveOperationException {
    Allocations.count();
    Runnable step =
        switch (engine) {
          case OURS -> ours(size);
          case SAMEDIFF -> sameDiff(size);
          case STEP -> wholeStep(size);
        };
    for (int i = 0; i < WARM_UP; i++) {
      step.run();
      System.gc();
    }
    long before = Allocations.bytes();
    double[] milliseconds = new double[MEASURED];
    for (int i = 0; i < MEASURED; i++) {
      long start = System.nanoTime();
      step.run();
      milliseconds[i] = (System.nanoTime() - start) / 1e6;
      System.gc(); // SameDiff's arrays are freed by the collector only, which sees no need
    }
    long allocated = (Allocations.bytes() - before) / MEASURED;
    System.out.println(median(milliseconds) + " " + peakMegabytes() + " " + allocated);
  }

  private static Runnable ours(Size size) {
    OwnTransformer own = new OwnTransformer(size);
    INDArray tokens = normal(size, 7);
    INDArray target = normal(size, 8);
    return () -> own.step(tokens, target);
  }

  private static Runnable sameDiff(Size size) {
    OwnTransformer own = new OwnTransformer(size);
    INDArray tokens = normal(size, 7);
    INDArray target = normal(size, 8);
    SameDiffTransformer theirs = new SameDiffTransformer(size, own.parameters());
    own.computeGradients(tokens, target);
    Map<String, INDArray> expected = theirs.gradients(tokens, target);
    own.gradients()
        .forEach(
            (name, gradient) -> {
              double difference = gradient.sub(expected.get(name)).norm2Number().doubleValue();
              if (!(difference <= 1e-2 * gradient.norm2Number().doubleValue())) {
                throw new IllegalStateException(name + ": gradients differ by " + difference);
              }
            });
    return () -> theirs.step(tokens, target);
  }

  private static Runnable wholeStep(Size size) {
    List<Task> tasks = List.of(new Task("x2", 2));
    IptModel model = IptModel.create(size.config, tasks, 1);
    int side = size.config.imageSide();
    PatchBatch batch =
        new PatchBatch(size.batch, side, 2, pixels(size.batch, side), pixels(size.batch, 2 * side));
    Trainer trainer =
        new Trainer(
            model,
            TrainingPlan.equally(1, tasks, Contrastive.none()),
            (task, step) -> batch,
            new Adam(1e-5));
    return () -> trainer.trainTo(trainer.step() + 1, 1, report -> {});
  }

  private static float[] pixels(int count, int side) {
    RandomGenerator random = Randomness.at(count, side);
    float[] pixels = new float[count * 3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(256);
    }
    return pixels;
  }

  private static INDArray normal(Size size, long seed) {
    RandomGenerator random = Randomness.at(seed);
    INDArray normal =
        Kernels.uninitialized(
            DataType.FLOAT,
            size.batch,
            size.transformer().tokens(),
            size.transformer().embedding());
    float[] numbers = new float[Math.toIntExact(normal.length())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    normal.data().setData(numbers);
    return normal;
  }

  /** The largest resident memory of this process so far; NaN where the system does not tell. */
  private static double peakMegabytes() throws IOException {
    Path status = new File("/proc/self/status").toPath();
    if (!Files.exists(status)) {
      return Double.NaN;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
