package org.ipt4j.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.ipt4j.data.batch.PatchOptions;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.Rounds;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport;
import org.ipt4j.training.WarmupCosine;
import org.nd4j.linalg.learning.config.Adam;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What it costs in quality to share a run: {@code nano} to the same number of patches on 1, 2 and 4
 * shards, with 1, 10 and 50 steps a round, with and without outer momentum, and with shared
 * gradients. The shards are simulated, one after the other in this process, by the functions that a
 * cluster runs. Results are kept arm by arm; what is there already is not trained again. At the end
 * the table of docs/CLUSTER.md is printed.
 */
@Command(name = "shared-rounds", mixinStandardHelpOptions = true, showDefaultValues = true)
final class SharedRounds implements Callable<Integer> {
  private static final List<Task> TASKS = List.of(Task.undoing("x2"), Task.undoing("denoise30"));
  private static final int BATCH = 16; // of a shard
  private static final int POINTS = 4; // at which models are tried
  private static final double RATE = 1e-3;
  private static final int SIDE = 120; // of the middles the models are tried on
  private static final int X2 = 7; // columns
  private static final int DENOISE30 = 8;
  private static final int SECONDS = 9;
  private static final String HEAD =
      "shards,steps_a_round,shared,outer_rate,outer_momentum,seed,patches,psnr_y_x2,"
          + "psnr_y_denoise30,processor_seconds";

  @Option(names = "--images", required = true, paramLabel = "DIR", description = "To train on.")
  private Path images;

  @Option(names = "--test", required = true, paramLabel = "DIR", description = "To try models on.")
  private Path test;

  @Option(
      names = "--patches",
      defaultValue = "32000",
      paramLabel = "N",
      description = "That each arm sees.")
  private int patches;

  @Option(names = "--seeds", split = ",", defaultValue = "1,2,3", paramLabel = "S")
  private List<Long> seeds;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "As .csv.")
  private Path out;

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new SharedRounds()).execute(arguments));
  }

  private static List<Rounds> arms() {
    List<Rounds> arms = new ArrayList<>(List.of(Rounds.averaging(1, 50)));
    for (int shards : new int[] {1, 2, 4}) {
      for (int steps : new int[] {50, 10, 1}) {
        Rounds plain = Rounds.averaging(shards, steps);
        if (shards > 1) {
          arms.add(plain);
        }
        arms.add(plain.moving(0.7, 0.9)); // as in arXiv 2311.08105
      }
      if (shards > 1) {
        arms.add(Rounds.summing(shards));
      }
    }
    return arms;
  }

  @Override
  public Integer call() throws IOException {
    ImageSource training = ImageSource.open(images);
    ImageSource all = ImageSource.open(test);
    ImageSource some = all.only(IntStream.range(0, all.size()).filter(i -> i % 8 == 0).toArray());
    Validation validation = Validation.degrading(some, TASKS, SIDE, 1);
    if (!Files.exists(out)) {
      Files.writeString(out, HEAD + "\n");
    }
    for (long seed : seeds) {
      for (Rounds rounds : arms()) {
        String arm = arm(rounds, seed);
        if (rows(arm).isEmpty()) {
          String rows = train(rounds, seed, training, validation, arm);
          Files.writeString(out, rows, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
          System.out.print(rows);
        }
      }
    }
    print();
    return 0;
  }

  private List<String[]> rows(String arm) throws IOException {
    return Files.readAllLines(out, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith(arm))
        .map(line -> line.split(","))
        .toList();
  }

  private void print() throws IOException {
    System.out.println(
        "| shards N | steps a round H | outer step | σ 30, a quarter | a half | three quarters |"
            + " all | ×2, all | processor s |\n|---|---|---|---|---|---|---|---|---|");
    for (Rounds rounds : arms()) {
      List<List<String[]>> bySeed = new ArrayList<>();
      for (long seed : seeds) {
        bySeed.add(rows(arm(rounds, seed)));
      }
      String outer = rounds.momentum() > 0 ? "0.7, 0.9" : "";
      System.out.printf(
          Locale.ROOT,
          "| %d | %s | %s |",
          rounds.shards(),
          rounds.shards() == 1 && outer.isEmpty() ? "any" : Integer.toString(rounds.steps()),
          rounds.sharing() == Rounds.Sharing.GRADIENTS ? "gradients" : outer);
      for (int point = 0; point < POINTS; point++) {
        System.out.print(" " + spread(bySeed, point, DENOISE30) + " |");
      }
      System.out.printf(
          Locale.ROOT,
          " %s | %.0f |%n",
          spread(bySeed, POINTS - 1, X2),
          numbers(bySeed, POINTS - 1, SECONDS).average().orElseThrow());
    }
  }

  private static DoubleStream numbers(List<List<String[]>> bySeed, int point, int column) {
    return bySeed.stream().mapToDouble(rows -> Double.parseDouble(rows.get(point)[column]));
  }

  private static String spread(List<List<String[]>> bySeed, int point, int column) {
    double mean = numbers(bySeed, point, column).average().orElseThrow();
    double squares = numbers(bySeed, point, column).map(x -> (x - mean) * (x - mean)).sum();
    double deviation = Math.sqrt(squares / Math.max(1, bySeed.size() - 1));
    return String.format(Locale.ROOT, "%.2f ± %.2f", mean, deviation);
  }

  private static String arm(Rounds rounds, long seed) {
    return String.format(
        Locale.ROOT,
        "%d,%d,%s,%s,%s,%d,",
        rounds.shards(),
        rounds.steps(),
        rounds.sharing(),
        rounds.rate(),
        rounds.momentum(),
        seed);
  }

  private String train(
      Rounds rounds, long seed, ImageSource training, Validation validation, String arm)
      throws IOException {
    int steps = patches / (BATCH * rounds.shards());
    IptModel model = IptModel.create(IptConfig.preset("nano"), TASKS, seed);
    PatchOptions options = new PatchOptions(BATCH, model.config().imageSide(), seed);
    Trainer trainer =
        new Trainer(
            model,
            TrainingPlan.equally(seed, TASKS, Contrastive.none()),
            BatchSource.degrading(training, TASKS, options),
            Adam.builder()
                .learningRateSchedule(new WarmupCosine(RATE, steps / 20, steps, 0.05))
                .build());
    Path folder = Files.createTempDirectory("rounds");
    StringBuilder rows = new StringBuilder();
    double before = processorSeconds();
    double trying = 0;
    Path state = folder.resolve("state-0");
    rounds.begin(trainer, state, Map.of());
    for (int step = 0; step < steps; step += rounds.steps()) {
      List<Path> parts = new ArrayList<>();
      for (int shard = 0; shard < rounds.shards(); shard++) {
        parts.add(folder.resolve("part-" + shard));
        rounds.shard(trainer, shard, state, parts.get(shard));
      }
      int done = step + rounds.steps();
      Path next = folder.resolve("state-" + done);
      rounds.join(trainer, state, parts, next);
      Files.delete(state);
      state = next;
      if (done * POINTS / steps > step * POINTS / steps) {
        double now = processorSeconds();
        ValidationReport report = validation.of(IptModel.load(state), done);
        trying += processorSeconds() - now;
        rows.append(arm).append(done * BATCH * rounds.shards());
        for (Task task : TASKS) {
          double psnr = report.means().get(task).after().psnr();
          rows.append(String.format(Locale.ROOT, ",%.3f", psnr));
        }
        double seconds = processorSeconds() - before - trying;
        rows.append(String.format(Locale.ROOT, ",%.1f%n", seconds));
      }
    }
    for (int shard = 0; shard < rounds.shards(); shard++) {
      Files.delete(folder.resolve("part-" + shard));
    }
    Files.delete(state);
    Files.delete(folder);
    return rows.toString();
  }

  private static double processorSeconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }
}
