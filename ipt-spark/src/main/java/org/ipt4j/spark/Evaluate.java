package org.ipt4j.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.cli.AskedTask;
import org.ipt4j.cli.Commands;
import org.ipt4j.cli.GivenModel;
import org.ipt4j.cli.Results;
import org.ipt4j.cli.ResultsFormat;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures on a cluster how well a model restores. */
@Command(
    name = "ipt-cluster evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a model on test images on a cluster, as ipt evaluate does on one machine.",
    footer = {"", SparkSettings.HELP},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all images were measured", "2:bad input; the other images were measured"})
public final class Evaluate implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(names = "--task", paramLabel = "TASK", description = AskedTask.HELP)
  private String task;

  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "URI",
      description = "Folders with test sets, clean images or stored pairs, as of ipt evaluate.")
  private List<String> data;

  @Option(
      names = "--degraded",
      paramLabel = "URI",
      description = "Degraded images whose clean ones, of equal names, are in --data.")
  private String degraded;

  @Option(
      names = "--degradation",
      paramLabel = "NAME",
      description = "How to degrade clean images, if not as the task says.")
  private String degradation;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of random degradations (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "URI",
      description = "File for the results: .csv, .json or .md; may be repeated.")
  private List<String> out = List.of();

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Evaluate(), args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    out.forEach(Evaluate::format);
    if (degraded != null && (data.size() != 1 || degradation != null)) {
      throw new IllegalArgumentException(
          "--degraded goes with one --data and without --degradation, got "
              + data.size()
              + (degradation == null ? " of data" : " of data and " + degradation));
    }
    try (JavaSparkContext spark = SparkSettings.start("ipt evaluate")) {
      ClusterModel shared = ClusterModel.of(spark, model);
      AskedTask.of(shared.model(), task);
      ClusterEvaluation evaluation = new ClusterEvaluation(spark, shared, task);
      List<Results.Table> tables = new ArrayList<>();
      int failed = 0;
      for (String folder : data) {
        Evaluation measured =
            degraded != null
                ? evaluation.matched(degraded, folder)
                : evaluation.of(folder, degradation, seed);
        measured.failures().forEach(spec.commandLine().getErr()::println);
        failed += measured.failures().size();
        tables.add(Results.Table.of(measured));
      }
      print(shared, evaluation.task().scale(), tables, new HadoopFiles(spark));
      return failed == 0 ? 0 : spec.exitCodeOnInvalidInput();
    }
  }

  private void print(ClusterModel shared, int scale, List<Results.Table> tables, HadoopFiles files)
      throws IOException {
    if (tables.stream().allMatch(table -> table.images().isEmpty())) {
      throw new IllegalArgumentException("no image could be measured");
    }
    List<Results.Contender> contenders =
        List.of(
            new Results.Contender(Contender.baseline(scale).name(), null, null),
            new Results.Contender(shared.name(), shared.given(), shared.sha256()));
    Results results = new Results(task, contenders, Evaluation.protocol(scale), tables);
    PrintWriter print = spec.commandLine().getOut();
    print.print(ResultsFormat.MD.text(results));
    for (String file : out) {
      files.write(format(file).text(results), file);
      print.println(file);
    }
    print.flush();
  }

  private static ResultsFormat format(String file) {
    return ResultsFormat.of(Path.of(file.substring(file.lastIndexOf('/') + 1)));
  }
}
