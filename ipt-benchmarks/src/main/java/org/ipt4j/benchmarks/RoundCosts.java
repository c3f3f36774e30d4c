package org.ipt4j.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.TrainingStates;
import org.nd4j.linalg.learning.config.Adam;

/**
 * What a round costs beside its steps, in processor seconds: {@code RoundCosts FOLDER tiny small}
 * writes states of the six tasks of {@code ipt pretrain} there, takes them up and averages two.
 */
final class RoundCosts {
  private static final int TIMES = 3; // of which the least counts

  private RoundCosts() {}

  private interface Work {
    void run() throws IOException;
  }

  /** See above. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    System.out.println(
        "| network | state (MB) | write | take up | mean of two |\n|---|---|---|---|---|");
    for (String config : List.of(arguments).subList(1, arguments.length)) {
      List<Task> tasks =
          Stream.of("x2", "x3", "x4", "denoise30", "denoise50", "derain")
              .map(Task::undoing)
              .toList();
      IptModel model = IptModel.create(IptConfig.preset(config), tasks, 1);
      Trainer trainer =
          new Trainer(
              model,
              TrainingPlan.equally(1, tasks, Contrastive.none()),
              (task, step) -> null, // no step is taken
              new Adam(1e-3));
      Path state = folder.resolve("state");
      Path mean = folder.resolve("mean");
      double write = least(() -> trainer.save(state, Map.of()));
      double takeUp = least(() -> trainer.resume(state));
      double average = least(() -> TrainingStates.mean(List.of(state, state), mean));
      System.out.printf(
          Locale.ROOT,
          "| `%s` | %.0f | %.2f | %.2f | %.2f |%n",
          config,
          Files.size(state) / 1e6,
          write,
          takeUp,
          average);
      Files.delete(state);
      Files.delete(mean);
    }
  }

  private static double least(Work work) throws IOException {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < TIMES; i++) {
      double before = processorSeconds();
      work.run();
      least = Math.min(least, processorSeconds() - before);
    }
    return least;
  }

  private static double processorSeconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }
}
