package org.ipt4j.benchmarks;

import static org.ipt4j.benchmarks.Tables.Column.difference;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ipt4j.benchmarks.Tables.Column;
import org.ipt4j.contrastive.ContrastiveForm;
import org.ipt4j.core.AtomicFiles;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImageSource;
import org.ipt4j.data.UnreadableImageException;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.training.Contrastive;
import org.ipt4j.training.TrainingPlan;
import org.ipt4j.transformer.DecoderForm;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The claims of Chen et al. (2021) at a size that minutes of two cores can train: pretraining
 * (§4.1), the contrastive loss and unseen noise (§4.2, §4.3), the task embedding and the two
 * readings of the decoder (§3.1), many tasks in one model. What is compared differs in one thing.
 * Results are kept arm by arm, and tables written anew; what is there already is not trained again.
 */
@Command(name = "experiments", mixinStandardHelpOptions = true, showDefaultValues = true)
final class Experiments implements Callable<Integer> {
  /** The name under which the degraded images themselves are in the results. */
  static final String INPUT = "input";

  /** The seed of what has none. */
  static final long NO_SEED = 0;

  private static final String TABLES = "tables.md";
  private static final List<Task> PRETRAINING =
      tasks("x2", "denoise30", "denoise50", "derain"); // of the paper's six
  private static final List<Task> TUNED = tasks("x2", "denoise30", "jpeg:quality=10");
  private static final Task RELATED = task("denoise30"); // a new task starts from its parts
  private static final int FEW = 8; // images to fine-tune on

  private static final Contrastive OWN = Contrastive.ownBatches(ContrastiveForm.PAPER, 8, 0.1);
  private static final Contrastive ADDED = Contrastive.added(ContrastiveForm.PAPER, 0.1);
  private static final Arm REFERENCE = new Arm("reference", DecoderForm.MEMORY, OWN, true);
  private static final Arm WITHOUT =
      new Arm("no contrastive", DecoderForm.MEMORY, Contrastive.none(), true);
  private static final Arm WITH = new Arm("contrastive added", DecoderForm.MEMORY, ADDED, true);
  private static final Arm NO_EMBEDDING =
      new Arm("no task embedding", DecoderForm.MEMORY, OWN, false);
  private static final Arm SELF = new Arm("SELF decoder", DecoderForm.SELF, OWN, true);
  private static final Arm TUNING =
      new Arm("fine-tuned", DecoderForm.MEMORY, Contrastive.none(), true);

  @Option(names = "--images", required = true, paramLabel = "DIR", description = "To train on.")
  private Path images;

  @Option(names = "--set5", required = true, paramLabel = "DIR", description = "With HR in it.")
  private Path set5;

  @Option(names = "--cbsd68", required = true, paramLabel = "DIR", description = "Clean images.")
  private Path cbsd68;

  @Option(
      names = "--rain12",
      required = true,
      paramLabel = "DIR",
      description = "With rain and norain in it.")
  private Path rain12;

  @Option(
      names = "--seeds",
      split = ",",
      defaultValue = "1,2,3",
      paramLabel = "S",
      description = "At least two.")
  private List<Long> seeds;

  @Option(
      names = "--steps",
      required = true,
      paramLabel = "N",
      description = "Of pretraining; fine-tuning takes a sixth.")
  private int steps;

  @Option(
      names = "--parallel",
      defaultValue = "1",
      paramLabel = "N",
      description = "Arms at a time, best with OMP_NUM_THREADS=1 and one for each core.")
  private int parallel;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "For results.")
  private Path out;

  private Results results;
  private List<Trial> trials;
  private ImageSource many;
  private ImageSource few;

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Experiments()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException, ExecutionException {
    if (steps < 6 || parallel < 1 || seeds.size() < 2) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected --steps of at least 6, --parallel of at least 1 and two seeds or more,"
                  + " got %d, %d and %s",
              steps,
              parallel,
              seeds));
    }
    ImageSource all = ImageSource.open(images);
    int stride = all.size() / FEW;
    many = part(all, IntStream.range(0, all.size()).filter(i -> !isOfFew(i, stride)));
    few = part(all, IntStream.range(0, all.size()).filter(i -> isOfFew(i, stride)));
    trials = Trial.all(set5, cbsd68, rain12);
    results = Results.open(out.resolve("results.csv"), "# --steps " + steps);
    if (!results.has(INPUT, NO_SEED)) {
      results.add(trials.stream().map(Experiments::input).toList());
    }
    List<Callable<Void>> jobs = new ArrayList<>();
    seeds.forEach(seed -> jobs.addAll(jobs(seed)));
    seeds.forEach(seed -> jobs.add(() -> pretrain(WITH, seed))); // the first to be given up
    runAll(jobs);
    writeTables();
    System.out.println(Files.readString(out.resolve(TABLES)));
    return 0;
  }

  private synchronized void writeTables() throws IOException {
    byte[] bytes = tables().getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(out.resolve(TABLES), channel -> channel.write(ByteBuffer.wrap(bytes)));
  }

  private static Results.Row input(Trial trial) {
    return new Results.Row(INPUT, NO_SEED, 0, 0, trial.name(), trial.input());
  }

  private static boolean isOfFew(int index, int stride) {
    return index % stride == 0 && index / stride < FEW;
  }

  private static ImageSource part(ImageSource all, IntStream indices) {
    return new Part(all, indices.toArray());
  }

  private record Part(ImageSource all, int[] indices) implements ImageSource {
    @Override
    public int size() {
      return indices.length;
    }

    @Override
    public Image image(int index) throws UnreadableImageException {
      return all.image(indices[index]);
    }

    @Override
    public String name(int index) {
      return all.name(indices[index]);
    }
  }

  private static Task task(String name) {
    return Task.undoing(name);
  }

  private static List<Task> tasks(String... names) {
    return List.of(names).stream().map(Experiments::task).toList();
  }

  private void runAll(List<Callable<Void>> jobs) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(parallel);
    try {
      List<Future<Void>> running = jobs.stream().map(threads::submit).toList();
      for (Future<Void> job : running) {
        job.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** What a seed asks for; each job may run beside the others. */
  private List<Callable<Void>> jobs(long seed) {
    List<Callable<Void>> jobs = new ArrayList<>();
    jobs.add(() -> pretrainAndTune(seed));
    for (Arm arm : List.of(WITHOUT, NO_EMBEDDING, SELF)) {
      jobs.add(() -> pretrain(arm, seed));
    }
    PRETRAINING.forEach(task -> jobs.add(() -> trainAlone(task, seed)));
    TUNED.forEach(task -> jobs.add(() -> tuneFromScratch(task, seed)));
    return jobs;
  }

  private Void pretrain(Arm arm, long seed) throws IOException {
    return run(arm, arm.create(PRETRAINING, seed), PRETRAINING, many, steps, seed);
  }

  private Void pretrainAndTune(long seed) throws IOException {
    pretrain(REFERENCE, seed);
    IptModel model = IptModel.load(file(REFERENCE.name(), seed));
    for (Task task : TUNED) {
      List<Task> only = List.of(task);
      IptModel own =
          PRETRAINING.contains(task)
              ? model.only(only)
              : model.with(task, RELATED, seed).only(only);
      if (!results.has(untuned(task.name()), seed)) {
        keep(untuned(task.name()), own, 0, seed, 0);
      }
      run(TUNING.named(tuned(task.name())), own, only, few, tuningSteps(), seed);
    }
    return null;
  }

  /** The same fine-tuning from drawn weights. */
  private Void tuneFromScratch(Task task, long seed) throws IOException {
    List<Task> only = List.of(task);
    Arm arm = TUNING.named(scratch(task.name()));
    return run(arm, arm.create(only, seed), only, few, tuningSteps(), seed);
  }

  /** One task, for as many steps as it has among all. */
  private Void trainAlone(Task task, long seed) throws IOException {
    TrainingPlan together = REFERENCE.plan(PRETRAINING, seed);
    int own =
        (int) IntStream.range(0, steps).filter(step -> together.task(step).equals(task)).count();
    List<Task> only = List.of(task);
    Arm arm = REFERENCE.named(alone(task.name()));
    return run(arm, arm.create(only, seed), only, many, own, seed);
  }

  private int tuningSteps() {
    return steps / 6;
  }

  /** Trains and tries an arm, unless its results are there. */
  private Void run(
      Arm arm, IptModel model, List<Task> tasks, ImageSource source, int count, long seed)
      throws IOException {
    if (!results.has(arm.name(), seed)) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      arm.train(model, tasks, source, count, seed);
      long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      keep(arm.name(), model, count, seed, (end - start) / 1e9);
    }
    return null;
  }

  private void keep(String arm, IptModel model, int count, long seed, double seconds)
      throws IOException {
    model.save(file(arm, seed), Map.of());
    List<Results.Row> rows =
        trials.stream()
            .filter(trial -> trial.isFor(model))
            .map(
                trial ->
                    new Results.Row(arm, seed, count, seconds, trial.name(), trial.restored(model)))
            .toList();
    results.add(rows);
    writeTables();
    System.out.printf(Locale.ROOT, "%s, seed %d: %d steps, %.0f s%n", arm, seed, count, seconds);
  }

  private Path file(String arm, long seed) {
    String name = arm.replaceAll("[^A-Za-z0-9]+", "-");
    return out.resolve("models").resolve(name + "-" + seed + ".safetensors");
  }

  private static String tuned(String task) {
    return "fine-tuned " + task;
  }

  private static String untuned(String task) {
    return "not fine-tuned " + task;
  }

  private static String scratch(String task) {
    return "from scratch " + task;
  }

  private static String alone(String task) {
    return "alone " + task;
  }

  private String tables() {
    Tables tables = new Tables(results, seeds);
    Column input = Column.of("input", trial -> INPUT);
    Column reference = Column.of("reference", trial -> REFERENCE.name());
    List<Trial> learned = trials("Set5 ×2", "CBSD68 σ30", "CBSD68 σ50", "Rain12");
    List<Trial> unseen = new ArrayList<>(learned);
    unseen.addAll(trials("CBSD68 σ10", "CBSD68 σ70"));
    String pretraining =
        tables.table(
            trials("Set5 ×2", "CBSD68 σ30", "CBSD68 JPEG 10"),
            List.of(
                input,
                Column.of("from scratch", trial -> scratch(trial.task())),
                Column.of("pretrained, not fine-tuned", trial -> untuned(trial.task())),
                Column.of("pretrained, fine-tuned", trial -> tuned(trial.task())),
                difference(
                    "fine-tuned − from scratch",
                    trial -> tuned(trial.task()),
                    trial -> scratch(trial.task()))));
    String contrastive =
        tables.table(
            unseen,
            List.of(
                input,
                Column.of("without", trial -> WITHOUT.name()),
                Column.of("own batches (reference)", trial -> REFERENCE.name()),
                Column.of("added", trial -> WITH.name()),
                against("own batches − without", REFERENCE, WITHOUT),
                against("added − without", WITH, WITHOUT)));
    String decoder =
        tables.table(
            unseen,
            List.of(
                input,
                reference,
                Column.of("no task embedding", trial -> NO_EMBEDDING.name()),
                Column.of("`SELF` decoder", trial -> SELF.name()),
                against("reference − no embedding", REFERENCE, NO_EMBEDDING),
                against("reference − `SELF`", REFERENCE, SELF)));
    String together =
        tables.table(
            learned,
            List.of(
                input,
                Column.of("together (reference)", trial -> REFERENCE.name()),
                Column.of("alone", trial -> alone(trial.task())),
                difference(
                    "together − alone", trial -> REFERENCE.name(), trial -> alone(trial.task()))));
    return String.join(
        "\n",
        pretraining,
        contrastive,
        decoder,
        together,
        String.format(
            Locale.ROOT,
            "Processor time of all training: %.0f minutes.%n",
            results.seconds() / 60));
  }

  private static Column against(String title, Arm arm, Arm other) {
    return difference(title, trial -> arm.name(), trial -> other.name());
  }

  private List<Trial> trials(String... names) {
    return Stream.of(names)
        .map(name -> trials.stream().filter(trial -> trial.name().equals(name)).findFirst())
        .map(Optional::orElseThrow)
        .toList();
  }
}
