package org.ipt4j.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.ipt4j.cli.AskedTask;
import org.ipt4j.cli.Commands;
import org.ipt4j.cli.GivenModel;
import org.ipt4j.cli.Restoring;
import org.ipt4j.spark.Outcome.Status;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Restores photographs on a cluster. */
@Command(
    name = "ipt-cluster restore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Restores folders of photographs on a cluster, as ipt restore does on one machine.",
    footer = {
      "",
      "A result that is there already is left as it is, so that a run that was stopped can be taken"
          + " up by the same command.",
      SparkSettings.HELP
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all images were restored, or had been",
      "2:bad input; the other images were restored"
    })
public final class Restore implements Callable<Integer> {
  private static final int NAMED = 20; // failures, all of which are among the outcomes

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(names = "--task", paramLabel = "NAME", description = AskedTask.HELP)
  private String task;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "URI",
      description = "The folder where the results go, by the names the images have.")
  private String out;

  @Option(names = "--force", description = "Make results anew that are there already.")
  private boolean force;

  @Mixin private Restoring restoring;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Images of a job, whose outcomes are written together (${DEFAULT-VALUE}).")
  private int chunk;

  @Parameters(
      arity = "1..*",
      paramLabel = "INPUT",
      description = "Folders of images (and of folders: their structure is kept), or images.")
  private List<String> inputs;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Restore(), args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try (JavaSparkContext spark = SparkSettings.start("ipt restore")) {
      ClusterModel shared = ClusterModel.of(spark, model);
      AskedTask.of(shared.model(), task);
      ClusterRestore restore =
          new ClusterRestore(
              spark,
              new ClusterRestore.Settings(
                  shared, task, restoring::restorer, restoring.format(null), force, chunk));
      RestoreReport report = restore.run(inputs, out, err::println);
      report.failures().stream().limit(NAMED).forEach(each -> err.println(line(each)));
      if (report.failures().size() > NAMED) {
        err.printf(Locale.ROOT, "and %d more%n", report.failures().size() - NAMED);
      }
      PrintWriter print = spec.commandLine().getOut();
      Map<Status, Integer> counts = report.counts();
      print.printf(
          Locale.ROOT,
          "%d restored to %s, %d there already, %d unreadable, %d crashed; outcomes: %s%n",
          counts.get(Status.RESTORED),
          out,
          counts.get(Status.KEPT),
          counts.get(Status.UNREADABLE),
          counts.get(Status.CRASHED),
          report.outcomes());
      print.flush();
      return report.failures().isEmpty() ? 0 : spec.exitCodeOnInvalidInput();
    }
  }

  private static String line(Outcome failure) {
    String message = failure.message();
    return failure.status()
        + " "
        + (message.startsWith(failure.image()) ? message : failure.image() + ": " + message);
  }
}
