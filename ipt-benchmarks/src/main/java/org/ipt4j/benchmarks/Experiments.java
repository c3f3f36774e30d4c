package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.pretrained.Pretrained;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The claims of Chen et al. (2021) at a size that minutes of two cores can train: pretraining
 * (§4.1), the contrastive loss and unseen noise (§4.2, §4.3), the task embedding and the two
 * readings of the decoder (§3.1), many tasks in one model; and what a model pretrained for longer
 * brings to new tasks. What is compared differs in one thing. Results are kept arm by arm, and
 * tables written anew; what is there already is not trained again.
 */
@Command(name = "experiments", mixinStandardHelpOptions = true, showDefaultValues = true)
final class Experiments implements Callable<Integer> {
  private static final String TABLES = "tables.md";

  /** The letters of docs/EXPERIMENTS.md. */
  private enum Letter {
    A,
    B,
    C,
    D,
    E
  }

  @Option(
      names = "--only",
      split = ",",
      defaultValue = "A,B,C,D,E",
      paramLabel = "PART",
      description = "The parts to do.")
  private Set<Letter> only;

  @Option(names = "--images", required = true, paramLabel = "DIR", description = "To train on.")
  private Path images;

  @Option(
      names = "--cbsd68",
      required = true,
      paramLabel = "DIR",
      description = "Clean images to test on.")
  private Path cbsd68;

  @Option(names = "--set5", paramLabel = "DIR", description = "With HR in it; for parts A to D.")
  private Path set5;

  @Option(
      names = "--rain12",
      paramLabel = "DIR",
      description = "With rain and norain in it; for parts A to D.")
  private Path rain12;

  @Option(
      names = "--seeds",
      split = ",",
      defaultValue = "1,2,3",
      paramLabel = "S",
      description = "At least two, above 0.")
  private List<Long> seeds;

  @Option(
      names = "--steps",
      required = true,
      paramLabel = "N",
      description =
          "Of pretraining in parts A to D; fine-tuning takes a sixth, in part E a twelfth.")
  private int steps;

  @Option(
      names = "--parallel",
      defaultValue = "1",
      paramLabel = "N",
      description = "Arms at a time, best with OMP_NUM_THREADS=1 and one for each core.")
  private int parallel;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "For results.")
  private Path out;

  /** See {@code --help}. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Yields the exit code: 2 with one line on standard error if what was given is at fault. */
  static int run(String... arguments) {
    return new CommandLine(new Experiments())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((failure, given) -> refuse(failure, failure.getCommandLine()))
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              Throwable cause =
                  failure instanceof ExecutionException ? failure.getCause() : failure;
              if (cause instanceof IllegalArgumentException || cause instanceof IOException) {
                return refuse(cause, command);
              }
              throw failure;
            })
        .execute(arguments);
  }

  private static int refuse(Throwable failure, CommandLine command) {
    command.getErr().println(failure.getMessage());
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  @Override
  public Integer call() throws IOException, InterruptedException, ExecutionException {
    check();
    Results results = Results.open(out.resolve("results.csv"), "# --steps " + steps);
    List<Part> parts = parts(results);
    for (Part part : parts) {
      for (Trial trial : part.trials()) {
        if (results.row(Results.INPUT, Results.NO_SEED, trial.name()).isEmpty()) {
          results.add(
              List.of(
                  new Results.Row(
                      Results.INPUT, Results.NO_SEED, 0, 0, trial.name(), trial.input())));
        }
      }
    }
    Tables tables = new Tables(results, seeds);
    Runs runs = new Runs(out, results, parallel, () -> write(parts, tables));
    runs.all(parts.stream().flatMap(part -> part.first(seeds).stream()).toList());
    List<Training> others = new ArrayList<>();
    seeds.forEach(seed -> parts.forEach(part -> others.addAll(part.then(seed))));
    runs.all(others);
    write(parts, tables);
    System.out.println(Files.readString(out.resolve(TABLES)));
    return 0;
  }

  private void check() {
    if (steps < 12 || parallel < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected --steps of at least 12 and --parallel of at least 1, got %d and %d",
              steps,
              parallel));
    }
    if (seeds.size() < 2
        || Set.copyOf(seeds).size() < seeds.size()
        || seeds.stream().anyMatch(seed -> seed <= Results.NO_SEED)) {
      throw new IllegalArgumentException(
          "expected --seeds to be two or more different whole numbers above 0, such as 1,2, got "
              + seeds.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
    if (needsSmall() && (set5 == null || rain12 == null)) {
      throw new IllegalArgumentException(
          "expected --set5 DIR and --rain12 DIR for parts A to D; --only E does without them");
    }
  }

  private boolean needsSmall() {
    return !only.equals(Set.of(Letter.E));
  }

  private List<Part> parts(Results results) throws IOException {
    List<Part> parts = new ArrayList<>();
    ImageSource all = ImageSource.open(images);
    if (needsSmall()) {
      Small small = Small.of(out, Trial.all(set5, cbsd68, rain12), all, steps);
      for (Letter letter : EnumSet.copyOf(only)) {
        switch (letter) {
          case A -> parts.add(new LittleData(small));
          case B -> parts.add(new ContrastiveLoss(small));
          case C -> parts.add(new EmbeddingAndDecoder(small));
          case D -> parts.add(new ManyTasks(small));
          case E -> {}
        }
      }
    }
    if (only.contains(Letter.E)) {
      parts.add(
          new NewTasks(Pretrained.tiny(), all, ImageSource.open(cbsd68), steps / 12, results));
    }
    return parts;
  }

  private synchronized Void write(List<Part> parts, Tables tables) throws IOException {
    String text = parts.stream().map(part -> part.tables(tables)).collect(Collectors.joining("\n"));
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(out.resolve(TABLES), channel -> channel.write(ByteBuffer.wrap(bytes)));
    return null;
  }
}
