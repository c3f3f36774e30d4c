package org.ipt4j.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.Rounds;
import org.ipt4j.training.StepReport;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.Validation;
import org.ipt4j.training.ValidationReport;

/**
 * Trains in {@link Rounds} on a cluster, each shard a task. The run's states go through a folder
 * that all nodes see, and never through the driver; one state is the whole run, so that it goes on
 * from its last one after whatever ended it, with as many executors as there are then. A lost
 * executor costs its shard's round again.
 *
 * <p>The folder has {@code states}, of which the last few are kept, {@code rounds.jsonl} with a
 * line for each shard of each round and for each validation (a driver that is killed loses up to
 * ten seconds of it), and at the end {@code model.safetensors}. One run at a time has it.
 */
public final class ClusterTraining {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern STATE = Pattern.compile("step-(\\d{9})\\.safetensors");
  private static final long LOG_NANOSECONDS = 10_000_000_000L; // from one rewriting to the next

  /** Makes what a run needs; called on executors. */
  public interface Making<T> extends Serializable {
    /** Makes it; the same each time. */
    T make() throws IOException;
  }

  /**
   * How a run is saved and validated.
   *
   * @param kept how many of the last states are kept, at least 1
   * @param validation what the model is tried on; null for nothing
   * @param validateEvery after how many rounds it is, at least 1
   * @param notes texts that the states and the model are to hold
   */
  public record Settings(
      int kept, Making<Validation> validation, int validateEvery, Map<String, String> notes) {
    /** Checks the numbers. */
    public Settings {
      if (kept < 1 || validateEvery < 1) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "expected to keep at least 1 state and to validate after at least 1 round, got %d"
                    + " and %d",
                kept,
                validateEvery));
      }
    }
  }

  /**
   * What a shard did in a round.
   *
   * @param step to which
   * @param losses the mean over its steps, in 0..255, of each task that it saw an L1 loss of
   * @param seconds for its steps, those it waited for data included
   * @param transferred seconds for the state, to the executor and back, and, the first time, for
   *     making the trainer
   */
  public record ShardReport(
      long step,
      int shard,
      Map<String, Double> losses,
      int images,
      double seconds,
      double waited,
      double transferred,
      String executor)
      implements Serializable {}

  /**
   * What the model came to.
   *
   * @param after PSNR on Y in dB of each task, restored; {@code before} that of the input
   */
  public record Validated(long step, Map<String, Double> before, Map<String, Double> after)
      implements Serializable {}

  /** Is told how the run goes, in the driver. */
  public interface Listener {
    /** A round is done. */
    default void joined(List<ShardReport> shards) {}

    /** The model was tried. */
    default void validated(Validated result) {}
  }

  private final JavaSparkContext spark;
  private final Rounds rounds;
  private final String folder;
  private final Settings settings;
  private final HadoopFiles files;
  private final Work work;
  private final List<String> log = new ArrayList<>(); // of what is done
  private long logged = System.nanoTime();

  /**
   * Nothing is trained yet.
   *
   * @param trainer the same one on each executor, as it is for a run alone, no step taken; what it
   *     reads, executors have to see
   * @param folder the run's URI
   * @throws IllegalArgumentException if Spark's settings do not fit
   */
  public ClusterTraining(
      JavaSparkContext spark,
      Making<Trainer> trainer,
      Rounds rounds,
      String folder,
      Settings settings)
      throws IOException {
    ClusterSettings.check(spark.getConf());
    this.spark = spark;
    this.rounds = rounds;
    this.files = new HadoopFiles(spark);
    this.folder = files.qualified(folder);
    this.settings = settings;
    this.work =
        new Work(
            UUID.randomUUID().toString(),
            files,
            trainer,
            rounds,
            settings.validation(),
            new HashMap<>(settings.notes()));
  }

  /**
   * Goes on from the folder's last state, or begins, and trains until {@code end} steps are done;
   * then writes the model.
   *
   * @param end a multiple of the rounds' steps
   * @throws IllegalArgumentException if it is not, or the last state is beyond it or not a whole
   *     number of rounds before it
   * @throws IOException if a state is of another run, or files fail
   */
  public void trainTo(long end, Listener listener) throws IOException {
    check(end);
    files.tidy(folder);
    files.delete(parts());
    Broadcast<Work> shared = spark.broadcast(work);
    try {
      trainTo(end, shared, listener);
    } finally {
      shared.destroy();
    }
  }

  /** Refuses what no run can end with, while nothing is written yet. */
  void check(long end) {
    if (end < 1 || end % rounds.steps() != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a run ends with a round: expected a multiple of %d steps, got %d",
              rounds.steps(),
              end));
    }
  }

  private void trainTo(long end, Broadcast<Work> shared, Listener listener) throws IOException {
    List<Long> states = states();
    long step = states.isEmpty() ? 0 : states.get(states.size() - 1);
    if (step > end || (end - step) % rounds.steps() != 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: expected a state some rounds of %d steps before the end at %d, got one of step %d",
              folder,
              rounds.steps(),
              end,
              step));
    }
    readLog(step);
    if (states.isEmpty()) {
      String first = state(0);
      one(() -> shared.value().begin(first));
    }
    if (isTried(step, end) && !isLogged(step)) { // ended before it was
      validate(shared, step, listener);
      writeLog(step == end);
    }
    while (step < end) {
      List<ShardReport> reports = round(shared, step);
      step += rounds.steps();
      prune();
      for (ShardReport report : reports) {
        log.add(JSON.writeValueAsString(report));
      }
      listener.joined(reports);
      if (isTried(step, end)) {
        validate(shared, step, listener);
      }
      writeLog(step == end);
    }
    String last = state(step);
    String model = HadoopFiles.in(folder, "model.safetensors");
    one(() -> shared.value().finish(last, model));
  }

  private boolean isTried(long step, long end) {
    return settings.validation() != null
        && step > 0
        && (step / rounds.steps() % settings.validateEvery() == 0 || step == end);
  }

  private void validate(Broadcast<Work> shared, long step, Listener listener) throws IOException {
    String state = state(step);
    Validated result = one(() -> shared.value().validate(step, state));
    log.add(JSON.writeValueAsString(result));
    listener.validated(result);
  }

  private boolean isLogged(long step) throws IOException {
    for (String line : log) {
      JsonNode entry = JSON.readTree(line);
      if (entry.has("after") && entry.get("step").asLong() == step) {
        return true;
      }
    }
    return false;
  }

  private List<ShardReport> round(Broadcast<Work> shared, long step) throws IOException {
    String from = state(step);
    long to = step + rounds.steps();
    String target = state(to);
    List<String> parts =
        IntStream.range(0, rounds.shards())
            .mapToObj(i -> String.format(Locale.ROOT, "%s/step-%09d-%05d", parts(), to, i))
            .toList();
    List<Integer> shards = IntStream.range(0, rounds.shards()).boxed().toList();
    List<ShardReport> reports =
        run(
            () ->
                spark
                    .parallelize(shards, shards.size())
                    .map(i -> shared.value().shard(i, to, from, parts.get(i)))
                    .collect());
    one(() -> shared.value().join(from, parts, target));
    files.delete(parts());
    return reports;
  }

  /** Has one executor do something. */
  private <T> T one(Making<T> task) throws IOException {
    return run(() -> spark.parallelize(List.of(0), 1).map(i -> task.make()).collect().get(0));
  }

  /** Says what failed in a line, without Spark's pages. */
  private <T> T run(Making<T> job) throws IOException {
    try {
      return job.make();
    } catch (RuntimeException | IOException failure) {
      throw failure;
    } catch (Exception failure) { // Spark's, which its methods do not declare
      throw new IOException(folder + ": " + Chunks.cause(failure), failure);
    }
  }

  private String parts() {
    return HadoopFiles.in(folder, "parts");
  }

  private String state(long step) {
    return String.format(Locale.ROOT, "%s/states/step-%09d.safetensors", folder, step);
  }

  /** The steps of all states there are, in order. */
  private List<Long> states() throws IOException {
    return files.below(HadoopFiles.in(folder, "states"), null).stream()
        .map(STATE::matcher)
        .filter(Matcher::matches)
        .map(matcher -> Long.valueOf(matcher.group(1)))
        .toList();
  }

  private void prune() throws IOException {
    List<Long> all = states();
    for (long old : all.subList(0, Math.max(0, all.size() - settings.kept()))) {
      files.delete(state(old));
    }
  }

  private String logFile() {
    return HadoopFiles.in(folder, "rounds.jsonl");
  }

  private void readLog(long step) throws IOException {
    log.clear();
    if (files.exists(logFile())) {
      for (String line :
          new String(files.bytes(logFile()), StandardCharsets.UTF_8).lines().toList()) {
        if (JSON.readTree(line).get("step").asLong() <= step) {
          log.add(line);
        }
      }
    }
  }

  private void writeLog(boolean end) throws IOException {
    if (end || System.nanoTime() - logged > LOG_NANOSECONDS) {
      files.write(log.stream().collect(Collectors.joining("\n", "", "\n")), logFile());
      logged = System.nanoTime();
    }
  }

  /** What executors do; each has one trainer at a time. */
  private record Work(
      String id,
      HadoopFiles files,
      Making<Trainer> making,
      Rounds rounds,
      Making<Validation> validation,
      HashMap<String, String> notes)
      implements Serializable {
    private static String made = ""; // the run the trainer is of
    private static Trainer trainer;

    private Trainer trainer() throws IOException {
      if (!made.equals(id)) {
        trainer = making.make();
        made = id;
      }
      return trainer;
    }

    boolean begin(String target) throws IOException {
      synchronized (Work.class) {
        try (HadoopFiles.Scratch scratch = new HadoopFiles.Scratch()) {
          Path state = scratch.file("state");
          made = ""; // a trainer may have taken steps
          rounds.begin(trainer(), state, notes);
          files.publish(state, target);
          return true;
        }
      }
    }

    ShardReport shard(int shard, long step, String from, String target) throws IOException {
      synchronized (Work.class) {
        long start = System.nanoTime();
        try (HadoopFiles.Scratch scratch = new HadoopFiles.Scratch()) {
          Path state = scratch.file("state");
          Path part = scratch.file("part");
          files.fetch(from, state);
          List<StepReport> steps = rounds.shard(trainer(), shard, state, part);
          files.publish(part, target);
          double all = (System.nanoTime() - start) / 1e9;
          return report(shard, step, steps, all);
        }
      }
    }

    private static ShardReport report(int shard, long step, List<StepReport> steps, double all) {
      double seconds = steps.stream().mapToDouble(StepReport::seconds).sum();
      Map<String, Double> losses =
          steps.stream()
              .filter(each -> !Double.isNaN(each.loss()))
              .collect(
                  Collectors.groupingBy(
                      each -> each.task().name(),
                      TreeMap::new,
                      Collectors.averagingDouble(StepReport::loss)));
      return new ShardReport(
          step,
          shard,
          losses,
          steps.stream().mapToInt(StepReport::images).sum(),
          seconds,
          steps.stream().mapToDouble(StepReport::waited).sum(),
          all - seconds,
          SparkEnv.get().executorId());
    }

    boolean join(String from, List<String> parts, String target) throws IOException {
      synchronized (Work.class) {
        try (HadoopFiles.Scratch scratch = new HadoopFiles.Scratch()) {
          Path state = scratch.file("state");
          files.fetch(from, state);
          List<Path> here = new ArrayList<>();
          for (int i = 0; i < parts.size(); i++) {
            here.add(scratch.file("part" + i));
            files.fetch(parts.get(i), here.get(i));
          }
          Path joined = scratch.file("joined");
          rounds.join(trainer(), state, here, joined);
          files.publish(joined, target);
          return true;
        }
      }
    }

    private IptModel model(HadoopFiles.Scratch scratch, String state) throws IOException {
      Path file = scratch.file("state");
      files.fetch(state, file);
      return IptModel.load(file);
    }

    Validated validate(long step, String state) throws IOException {
      try (HadoopFiles.Scratch scratch = new HadoopFiles.Scratch()) {
        ValidationReport report = validation.make().of(model(scratch, state), step);
        Map<String, Double> before = new TreeMap<>();
        Map<String, Double> after = new TreeMap<>();
        report
            .means()
            .forEach(
                (task, means) -> {
                  before.put(task.name(), means.before().psnr());
                  after.put(task.name(), means.after().psnr());
                });
        return new Validated(step, before, after);
      }
    }

    boolean finish(String state, String target) throws IOException {
      try (HadoopFiles.Scratch scratch = new HadoopFiles.Scratch()) {
        Path file = scratch.file("model");
        model(scratch, state).save(file, notes);
        files.publish(file, target);
        return true;
      }
    }
  }
}
