package org.ipt4j.benchmarks;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What it takes to save and to load the full-size model: seconds, and peak resident memory over
 * that of a process that does the same with the smallest model. Linux only. Each measurement is a
 * process of its own, cold but for the system's cache of the file.
 */
final class WeightFiles {
  private static final int ROUNDS = 5;

  private enum Work {
    /** Makes the model of the name that the file has, for the others. */
    CREATE,
    /** Loads the model. */
    LOAD,
    /** Loads the model, and saves it elsewhere; the time is that of saving. */
    LOAD_AND_SAVE
  }

  private WeightFiles() {}

  /** Without arguments: everything. With work and a file: one measurement, as one line. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 2) {
      measure(Work.valueOf(arguments[0]), Path.of(arguments[1]));
      return;
    }
    Path folder = Files.createTempDirectory("weights");
    Path small = folder.resolve("nano");
    Path large = folder.resolve("base");
    try {
      spawn(Work.CREATE, small);
      spawn(Work.CREATE, large);
      double size = Files.size(large) / 1e6;
      System.out.printf(Locale.ROOT, "base: %.0f MB; medians of %d processes%n", size, ROUNDS);
      for (Work work : List.of(Work.LOAD, Work.LOAD_AND_SAVE)) {
        List<double[]> smalls = new ArrayList<>();
        List<double[]> larges = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
          smalls.add(spawn(work, small));
          larges.add(spawn(work, large));
        }
        double megabytes = median(larges, 1) - median(smalls, 1);
        System.out.printf(
            Locale.ROOT,
            "%-14s %5.2f s, %4.0f MB (%.2f times the file) over the %.0f MB of nano%n",
            work,
            median(larges, 0),
            megabytes,
            megabytes / size,
            median(smalls, 1));
      }
    } finally {
      Files.deleteIfExists(small);
      Files.deleteIfExists(large);
      Files.delete(folder);
    }
  }

  /** Prints seconds and megabytes (10^6). */
  private static void measure(Work work, Path file) throws IOException {
    if (work == Work.CREATE) {
      IptConfig config = IptConfig.preset(file.getFileName().toString());
      IptModel.create(config, List.of(new Task("x2", 2)), 1).save(file, Map.of());
      System.out.println("0 0");
      return;
    }
    Path other = file.resolveSibling("other");
    try {
      Nd4j.getExecutioner(); // starts ND4J
      long start = System.nanoTime();
      IptModel model = IptModel.load(file);
      if (work == Work.LOAD_AND_SAVE) {
        start = System.nanoTime();
        model.save(other, Map.of());
      }
      System.out.println((System.nanoTime() - start) / 1e9 + " " + peakMegabytes());
    } finally {
      Files.deleteIfExists(other);
    }
  }

  private static double peakMegabytes() throws IOException {
    return Files.readAllLines(new File("/proc/self/status").toPath()).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024 / 1e6)
        .findFirst()
        .orElseThrow();
  }

  private static double[] spawn(Work work, Path file) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            WeightFiles.class.getName(),
            work.name(),
            file.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(work + " failed: " + output);
    }
    String last = output.strip().lines().reduce((a, b) -> b).orElseThrow();
    return Arrays.stream(last.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  private static double median(List<double[]> results, int index) {
    double[] sorted = results.stream().mapToDouble(result -> result[index]).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
