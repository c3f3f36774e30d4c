package org.ipt4j.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.ipt4j.model.IptModel;

/**
 * Does trainings, some at a time, and keeps of each the model and its figures; what is there
 * already is not done again.
 *
 * @param out for models
 * @param parallel how many at a time
 * @param after is run whenever a training is done
 */
record Runs(Path out, Results results, int parallel, Callable<Void> after) {
  /** Where the model of a training is kept. */
  static Path file(Path out, String arm, long seed) {
    String name = arm.replaceAll("[^A-Za-z0-9]+", "-");
    return out.resolve("models").resolve(name + "-" + seed + ".safetensors");
  }

  /** All of them, begun in this order; what several parts ask for is done once. */
  void all(List<Training> trainings) throws InterruptedException, ExecutionException {
    Map<String, Training> missing = new LinkedHashMap<>();
    trainings.stream()
        .filter(training -> !results.has(training.arm().name(), training.seed()))
        .forEach(training -> missing.putIfAbsent(training.label(), training));
    ExecutorService threads = Executors.newFixedThreadPool(parallel);
    try {
      int number = 0;
      Map<String, Future<Void>> running = new LinkedHashMap<>();
      for (Training training : missing.values()) {
        String place = String.format(Locale.ROOT, "%d of %d", ++number, missing.size());
        running.put(training.label(), threads.submit(() -> run(training, place)));
      }
      for (Future<Void> job : running.values()) {
        job.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private Void run(Training training, String place) throws Exception {
    long begin = System.nanoTime();
    long start = processorTime();
    IptModel model = training.model();
    double seconds = (processorTime() - start) / 1e9 / parallel;
    model.save(file(out, training.arm().name(), training.seed()), Map.of());
    results.add(training.rows(model, seconds));
    after.call();
    System.out.printf(
        Locale.ROOT,
        "%s: %s: %d steps, %.0f s of processor time; %.0f s with its test%n",
        place,
        training.label(),
        training.steps(),
        seconds,
        (System.nanoTime() - begin) / 1e9);
    return null;
  }

  private static long processorTime() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }
}
