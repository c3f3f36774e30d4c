package org.ipt4j.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Serializable;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.cli.Commands;
import org.ipt4j.cli.Pretraining;
import org.ipt4j.cli.RunFile;
import org.ipt4j.cli.Split;
import org.ipt4j.cli.TrainerSettings;
import org.ipt4j.cli.ValidationSettings;
import org.ipt4j.core.Device;
import org.ipt4j.core.Precision;
import org.ipt4j.data.batch.SkippedImages;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptModel;
import org.ipt4j.training.BatchSource;
import org.ipt4j.training.Rounds;
import org.ipt4j.training.Trainer;
import org.ipt4j.training.Validation;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Pretrains a model on a cluster. */
@Command(
    name = "ipt-cluster pretrain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true,
    description =
        "Trains a new model as ipt pretrain does, shared by the executors of a cluster: in rounds of"
            + " steps of their own, after which weights and moments are averaged. A --batch is of"
            + " one shard.",
    footer = {"", SparkSettings.HELP})
public final class Pretrain implements Callable<Integer> {
  private static final String RUN_FILE = "run.yaml";

  /** What may change when a run goes on; what it is validated on decides what it is trained on. */
  private static final Set<String> FREE = Set.of("steps", "recompute", "keep", "validate-every");

  @Mixin private Pretraining pretraining;

  @Mixin private TrainerSettings trainer;

  @Mixin private ValidationSettings validation;

  @Option(
      names = "--shards",
      paramLabel = "N",
      description = "How many share the run, which has to be said; executors may be fewer.")
  private Integer shards; // not required by picocli, which looks before a run's own are read

  @Option(
      names = "--round",
      paramLabel = "H",
      defaultValue = "50",
      description = "Steps of a round.")
  private int round;

  @Option(
      names = "--sharing",
      defaultValue = "WEIGHTS",
      description =
          "${COMPLETION-CANDIDATES}: the mean after each round, or, with --round 1, of each step's"
              + " gradients, which is exactly training with the shards' batches joined.")
  private Rounds.Sharing sharing;

  @Option(
      names = "--outer-rate",
      paramLabel = "R",
      defaultValue = "1",
      description = "How far weights move to the mean.")
  private double outerRate;

  @Option(
      names = "--outer-momentum",
      paramLabel = "M",
      defaultValue = "0",
      description = "Of Nesterov's, with which they do; DiLoCo has 0.9, and a rate of 0.7.")
  private double outerMomentum;

  @Option(
      names = "--keep",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many of the last states are kept.")
  private int keep;

  @Option(
      names = "--resume",
      description = "Go on with the run in --out, from its latest state and with its settings.")
  private boolean resume;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "URI",
      description = "Folder for the run, which all nodes see.")
  private String out;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Pretrain(), args));
  }

  @Override
  public Integer call() throws IOException {
    try (JavaSparkContext spark = SparkSettings.start("ipt pretrain")) {
      HadoopFiles files = new HadoopFiles(spark);
      resolve(files);
      if (shards == null) {
        throw new IllegalArgumentException("expected --shards, how many share the run; got none");
      }
      String settings = RunFile.text(spec);
      Run run = new Run(files, settings);
      IptModel model = pretraining.model(trainer.seed(), Device.of(Precision.FLOAT));
      trainer.check(pretraining.plan(model.tasks(), trainer.seed()), pretraining.steps());
      ImageSource all =
          pretraining.images(trainer.seed(), folder -> HadoopImages.of(files, folder));
      Split split = split(all);
      boolean tried = validation.images(all, split, f -> HadoopImages.of(files, f)).size() > 0;
      ClusterTraining.Making<Trainer> trainers = run::trainer;
      ClusterTraining.Making<Validation> validations = run::validation;
      ClusterTraining training =
          new ClusterTraining(
              spark,
              trainers,
              new Rounds(shards, round, sharing, outerRate, outerMomentum),
              out,
              new ClusterTraining.Settings(
                  keep,
                  tried ? validations : null,
                  Math.max(1, validation.every() / round),
                  Map.of("trained", "ipt-cluster pretrain\n" + settings)));
      training.check(pretraining.steps());
      files.write(settings, HadoopFiles.in(out, RUN_FILE));
      training.trainTo(pretraining.steps(), new Printing(spec.commandLine().getOut()));
      spec.commandLine().getOut().println("model: " + HadoopFiles.in(out, "model.safetensors"));
      spec.commandLine().getOut().flush();
      return 0;
    }
  }

  private void resolve(HadoopFiles files) throws IOException {
    String file = HadoopFiles.in(out, RUN_FILE);
    if (!resume) {
      if (files.exists(file)) {
        throw new IllegalArgumentException(
            out + " holds a run already: give --resume to go on, or another folder");
      }
      return;
    }
    if (!files.exists(file)) {
      throw new IllegalArgumentException("nothing to resume: there is no " + file);
    }
    RunFile run = new RunFile(file, files.bytes(file));
    run.apply(spec);
    run.compare(spec, FREE);
  }

  /**
   * A run's description as it travels: an executor makes of it what the command would.
   *
   * @param settings as YAML
   */
  private record Run(HadoopFiles files, String settings) implements Serializable {
    private Pretrain command() throws IOException {
      Pretrain command = new Pretrain();
      CommandLine line = Commands.commandLine(command).setOut(new PrintWriter(Writer.nullWriter()));
      line.parseArgs("--out", "");
      new RunFile(RUN_FILE, settings.getBytes(StandardCharsets.UTF_8)).apply(line.getCommandSpec());
      return command;
    }

    Trainer trainer() throws IOException {
      Pretrain of = command();
      long seed = of.trainer.seed();
      IptModel model = of.pretraining.model(seed, Device.of(Precision.FLOAT));
      int side = model.config().imageSide();
      ImageSource all = of.images(files);
      ImageSource kept = all.only(of.split(all).training());
      return new Trainer(
          model,
          of.pretraining.plan(model.tasks(), seed),
          BatchSource.degrading(
              of.pretraining.training(kept, seed),
              model.tasks(),
              task -> of.trainer.patches(task, side),
              new SkippedImages()),
          of.trainer.adam(of.pretraining.learningRate(), 0, of.pretraining.steps()),
          of.trainer.options(false));
    }

    Validation validation() throws IOException {
      Pretrain of = command();
      IptModel model = of.pretraining.model(of.trainer.seed(), Device.of(Precision.FLOAT));
      ImageSource all = of.images(files);
      Split split = of.split(all);
      return Validation.degrading(
          of.validation.images(all, split, folder -> HadoopImages.of(files, folder)),
          model.tasks(),
          ValidationSettings.TILES * model.config().imageSide(),
          ValidationSettings.SEED);
    }
  }

  private ImageSource images(HadoopFiles files) throws IOException {
    return pretraining.images(trainer.seed(), folder -> HadoopImages.of(files, folder));
  }

  private Split split(ImageSource all) {
    return validation.split(all.size(), pretraining.called(), spec);
  }

  /** A line for each round, and for each task that is validated. */
  private record Printing(PrintWriter out) implements ClusterTraining.Listener {
    @Override
    public void joined(List<ClusterTraining.ShardReport> shards) {
      double slowest =
          shards.stream().mapToDouble(ClusterTraining.ShardReport::seconds).max().orElseThrow();
      out.printf(
          Locale.ROOT,
          "step %d: losses %s, %d images, slowest shard %.1f s%n",
          shards.get(0).step(),
          shards.stream().map(shard -> losses(shard.losses())).collect(Collectors.joining(" ")),
          shards.stream().mapToInt(ClusterTraining.ShardReport::images).sum(),
          slowest);
      out.flush();
    }

    private static String losses(Map<String, Double> means) {
      return means.entrySet().stream()
          .map(each -> String.format(Locale.ROOT, "%s %.2f", each.getKey(), each.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }

    @Override
    public void validated(ClusterTraining.Validated result) {
      result
          .after()
          .forEach(
              (task, after) ->
                  out.printf(
                      Locale.ROOT,
                      "step %d: %s degraded %.2f dB, restored %.2f dB (Y)%n",
                      result.step(),
                      task,
                      result.before().get(task),
                      after));
      out.flush();
    }
  }
}
