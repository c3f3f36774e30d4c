package org.ipt4j.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The same network, weights and pixels in this library, PyTorch and SameDiff: what they compute is
 * compared, then each is timed in processes of its own, in turns. Prints the table and writes it as
 * Markdown.
 *
 * <p>Options, in any order and separated by spaces: {@code cases=TRAIN_TINY,INFER_BASE}, {@code
 * engines=OURS,PYTORCH}, {@code rounds=3}, {@code threads=2}, {@code out=FILE}.
 */
final class Comparison {
  private final List<Case> cases;
  private final List<Engine> engines;
  private final int rounds;
  private final int threads;
  private final StringBuilder table = new StringBuilder();

  private Comparison(Map<String, String> options) {
    cases =
        Arrays.stream(options.getOrDefault("cases", all(Case.values())).split(","))
            .map(Case::valueOf)
            .toList();
    engines =
        Arrays.stream(options.getOrDefault("engines", all(Engine.values())).split(","))
            .map(Engine::valueOf)
            .toList();
    rounds = Integer.parseInt(options.getOrDefault("rounds", "3"));
    int cores = Runtime.getRuntime().availableProcessors();
    threads = Integer.parseInt(options.getOrDefault("threads", Integer.toString(cores)));
  }

  private static String all(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).collect(Collectors.joining(","));
  }

  /** Everything, or what the options say. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> options =
        Arrays.stream(String.join(" ", arguments).split(" +"))
            .filter(option -> !option.isEmpty())
            .map(option -> option.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    Comparison comparison = new Comparison(options);
    comparison.header();
    for (Case of : comparison.cases) {
      comparison.measure(of);
    }
    Path out = Path.of(options.getOrDefault("out", "target/comparison.md")).toAbsolutePath();
    Files.createDirectories(out.getParent());
    Files.writeString(out, comparison.table);
    System.out.println("written to " + out);
  }

  private void header() {
    line(
        "Medians of %d processes, each on %d of %d processors; %s, %s, Java %s. SameDiff: one.",
        rounds,
        threads,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        System.getProperty("java.version"));
    line("");
    line(
        "| case | engine | ms (least–most) | processor ms | its time / ours (least–most) | GFLOP/s"
            + " | peak memory (MB) | outside the arenas (B) | large product alone (GFLOP/s) |");
    line("|---|---|---|---|---|---|---|---|---|");
  }

  private void measure(Case of) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("ipt-comparison");
    try {
      Inputs.writeWeights(of, folder);
      Map<Engine, List<Measurement>> results = new EnumMap<>(Engine.class);
      for (int round = 0; round < rounds; round++) {
        for (Engine engine : engines) {
          if (engine.runs(of, round)) {
            results.computeIfAbsent(engine, e -> new ArrayList<>()).add(spawn(engine, of, folder));
            if (round == 0) {
              check(of, engine, folder);
            }
          }
        }
      }
      results.forEach((engine, all) -> row(of, engine, all, results.get(Engine.OURS)));
    } finally {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private void row(Case of, Engine engine, List<Measurement> all, List<Measurement> ours) {
    double milliseconds = median(all, Measurement::milliseconds);
    String ratio = "";
    if (engine != Engine.OURS && ours != null) {
      double[] ratios =
          IntStream.range(0, all.size())
              .mapToDouble(i -> all.get(i).milliseconds() / ours.get(i).milliseconds())
              .sorted()
              .toArray();
      ratio =
          String.format(
              Locale.ROOT,
              "%.2f (%.2f–%.2f)",
              Measurement.median(ratios),
              ratios[0],
              ratios[ratios.length - 1]);
    }
    double[] sorted = all.stream().mapToDouble(Measurement::milliseconds).sorted().toArray();
    line(
        "| %s | %s | %.1f (%.1f–%.1f) | %.0f | %s | %s | %.0f | %s | %s |",
        of.title(),
        engine,
        milliseconds,
        sorted[0],
        sorted[sorted.length - 1],
        median(all, Measurement::processor),
        ratio,
        of.work == Case.Work.PICTURE ? "" : number(of.flop() / milliseconds / 1e6),
        median(all, Measurement::megabytes),
        number(median(all, Measurement::outside)),
        number(median(all, Measurement::gemm)));
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.0f", value);
  }

  private static double median(List<Measurement> all, ToDoubleFunction<Measurement> what) {
    return Measurement.median(all.stream().mapToDouble(what).toArray());
  }

  private void line(String format, Object... arguments) {
    String line = String.format(Locale.ROOT, format, arguments);
    System.out.println(line);
    table.append(line).append('\n');
  }

  /**
   * What this engine computed must be what the first one did: pixels within the case's tolerance,
   * losses within 1e-4 of themselves, since engines sum them in different orders.
   */
  private void check(Case of, Engine engine, Path folder) throws IOException {
    FloatBuffer expected = floats(folder.resolve(engines.get(0).name()));
    FloatBuffer actual = floats(folder.resolve(engine.name()));
    int pixels = expected.remaining() - (of.work == Case.Work.TRAINING ? Measurement.LOSSES : 0);
    boolean same = expected.remaining() == actual.remaining();
    double worst = 0;
    int apart = 0;
    for (int i = 0; same && i < expected.remaining(); i++) {
      double difference = Math.abs(expected.get(i) - actual.get(i));
      if (i >= pixels) {
        same = Float.isNaN(actual.get(i)) || difference <= 1e-4 * expected.get(i);
      } else if (of.work == Case.Work.PICTURE && difference > 0) {
        apart++; // rounded to levels, where a hair's breadth decides between two
        same = difference == 1 && apart < 1e-3 * pixels;
      } else {
        worst = Math.max(worst, difference);
        same = difference <= of.tolerance();
      }
    }
    String found =
        String.format(
            Locale.ROOT,
            "%s, %s: largest difference %.2g on 0..255%s",
            of.title(),
            engine,
            worst,
            of.work == Case.Work.PICTURE ? ", rounded otherwise: " + apart : "");
    System.err.println(found);
    if (!same) {
      throw new IllegalStateException(found);
    }
  }

  private static FloatBuffer floats(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).asFloatBuffer();
  }

  private Measurement spawn(Engine engine, Case of, Path folder)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/taskset"))) {
      command.addAll(List.of("/usr/bin/taskset", "-c", "0-" + (threads - 1)));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-XX:+UseParallelGC", "-Xmx2g", "-Xms64m", "-Xmn32m"));
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            Measurement.class.getName(),
            engine.name(),
            of.name(),
            folder.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    if (engine == Engine.SAMEDIFF) { // as this library sets it for itself
      builder.environment().putIfAbsent("OMP_WAIT_POLICY", "passive");
    }
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(engine + " " + of + " failed: " + output);
    }
    return Measurement.parse(output.strip().lines().reduce((a, b) -> b).orElseThrow());
  }
}
