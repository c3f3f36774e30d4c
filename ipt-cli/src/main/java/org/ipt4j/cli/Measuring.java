package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.ipt4j.core.Device;
import org.ipt4j.data.batch.ImagePair;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Evaluation.Contender;
import org.ipt4j.data.measure.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What evaluate and compare share: their options, and the measuring. */
final class Measuring {
  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "The task, for instance x2, or denoise30 for a model that removes noise of any"
              + " strength. Without it, the tasks are listed.")
  private String task;

  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "DIR",
      description = {
        "Test sets: clean images, degraded here; or stored pairs, laid out as HR with"
            + " LR_bicubic/X2, rain with norain, input with target, or another of the layouts in"
            + " docs/MEASURING.md."
      })
  private List<Path> data;

  @Option(
      names = "--degraded",
      paramLabel = "DIR",
      description =
          "Degraded images; their clean ones are in --data, with the same names but for one ending"
              + " that all degraded ones may have, as in photo-denoise30.png.")
  private Path degraded;

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
      paramLabel = "FILE",
      description = "File for the results: .csv, .json or .md; may be repeated.")
  private List<Path> out = List.of();

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "File for a page (.html) to compare the images on.")
  private Path report;

  @Option(
      names = "--report-images",
      paramLabel = "N",
      defaultValue = "6",
      description =
          "Images of each test set on the page: half of them those with the least gain over the"
              + " input, half those with the most (default: ${DEFAULT-VALUE}).")
  private int reportImages;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Measures the baseline and some models; yields the exit code. */
  int run(List<GivenModel> models, Device device) throws IOException {
    checkOutputs();
    List<Results.Contender> described = new ArrayList<>();
    List<Contender> contenders = new ArrayList<>();
    List<Task> wanted = new ArrayList<>();
    for (GivenModel given : models) {
      IptModel model = given.load(device);
      wanted.add(task(given, model));
      Task own = wanted.get(wanted.size() - 1);
      ImageRestorer restorer = new ImageRestorer(model);
      String name = name(given, models);
      contenders.add(new Contender(name, image -> restorer.restore(own, image)));
      described.add(new Results.Contender(name, given.given(), given.sha256()));
    }
    String undone = undone(wanted, models);
    int scale = wanted.isEmpty() ? Degradation.parse(undone).scale() : wanted.get(0).scale();
    Contender baseline = Contender.baseline(scale);
    contenders.add(0, baseline);
    described.add(0, new Results.Contender(baseline.name(), null, null));
    return run(contenders, described, testSets(undone, scale));
  }

  private Task task(GivenModel given, IptModel model) {
    try {
      return AskedTask.of(model, task);
    } catch (IllegalArgumentException none) {
      throw new IllegalArgumentException(given.given() + ": " + none.getMessage(), none);
    }
  }

  /** The name of how clean images are degraded: as asked for, or as all the tasks say. */
  private String undone(List<Task> wanted, List<GivenModel> models) {
    for (int i = 1; i < wanted.size(); i++) {
      Task first = wanted.get(0);
      Task other = wanted.get(i);
      if (other.scale() != first.scale()) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s enlarges by %d, %s by %d",
                models.get(0).given(),
                first.scale(),
                models.get(i).given(),
                other.scale()));
      }
      if (degradation == null
          && degraded == null
          && !other.degradation().equals(first.degradation())) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s undoes %s, %s %s: say by --degradation what to measure on",
                models.get(0).given(),
                first.degradation(),
                models.get(i).given(),
                other.degradation()));
      }
    }
    if (degradation != null) {
      return degradation;
    }
    if (wanted.isEmpty() && task == null) {
      throw new IllegalArgumentException("expected --task or --degradation; neither was given");
    }
    return wanted.isEmpty() ? task : wanted.get(0).degradation();
  }

  private int run(List<Contender> contenders, List<Results.Contender> described, List<TestSet> sets)
      throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    List<Results.Table> tables = new ArrayList<>();
    List<Shown> shown = new ArrayList<>();
    int failed = 0;
    for (TestSet set : sets) {
      Shown samples = new Shown(report == null ? 0 : reportImages);
      Evaluation measured = measure(set, contenders, samples, err);
      failed += measured.failures().size();
      tables.add(Results.Table.of(measured));
      shown.add(samples);
    }
    if (tables.stream().allMatch(table -> table.images().isEmpty())) {
      throw new IllegalArgumentException("no image could be measured");
    }
    List<String> protocol = Evaluation.protocol(sets.get(0).pairs().scale());
    Results results = new Results(task == null ? degradation : task, described, protocol, tables);
    PrintWriter print = spec.commandLine().getOut();
    print.print(ResultsFormat.MD.text(results));
    for (Path file : out) {
      ResultsFormat.write(results, file);
      print.println(file);
    }
    if (report != null) {
      Report.write(results, shown, report);
      print.printf(Locale.ROOT, "%s (%.1f MB)%n", report, Files.size(report) / 1e6);
    }
    print.flush();
    return failed == 0 ? 0 : spec.exitCodeOnInvalidInput();
  }

  private static Evaluation measure(
      TestSet set, List<Contender> contenders, Shown shown, PrintWriter err) {
    int all = set.pairs().size();
    try (Progress progress = new Progress(set.name(), "%.0f/%.0f images", all, err)) {
      return Evaluation.of(
          set,
          contenders,
          new Evaluation.Listener() {
            private int done;

            @Override
            public void measured(Evaluation.Row row, ImagePair pair, List<Image> restored) {
              shown.add(row, pair, restored);
              progress.at(row.image());
              progress.to(++done);
            }

            @Override
            public void failed(String message) {
              progress.fail(message);
              progress.to(++done);
            }
          });
    }
  }

  private void checkOutputs() throws IOException {
    for (Path file : out) {
      ResultsFormat.of(file);
      AtomicFiles.check(file);
    }
    if (report != null && !report.toString().endsWith(".html")) {
      throw new IllegalArgumentException("a report is written as .html, got " + report);
    }
    if (report != null) {
      AtomicFiles.check(report);
    }
    if (reportImages < 1) {
      throw new IllegalArgumentException("--report-images is at least 1, got " + reportImages);
    }
  }

  private List<TestSet> testSets(String undone, int scale) throws IOException {
    if (degraded != null) {
      if (data.size() != 1 || degradation != null) {
        throw new IllegalArgumentException(
            "--degraded goes with one --data and without --degradation, got "
                + data.size()
                + (degradation == null ? " of data" : " of data and " + degradation));
      }
      return List.of(TestSet.matched(degraded, data.get(0), scale));
    }
    if (degradation == null && Degradation.find(undone).isEmpty()) {
      throw TaskOption.ofPairs(task, "--degraded DIR beside --data, or --degradation");
    }
    Degradation wanted = Degradation.parse(undone);
    if (wanted.scale() != scale) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "task %s enlarges by %d, degradation %s shrinks by %d",
              task,
              scale,
              wanted.name(),
              wanted.scale()));
    }
    List<TestSet> sets = new ArrayList<>();
    for (Path folder : data) {
      sets.add(TestSet.open(folder, wanted, seed));
    }
    return sets;
  }

  /** A model's name in tables, or as it was given where two have one name. */
  private static String name(GivenModel model, List<GivenModel> all) {
    return all.stream().filter(other -> other.name().equals(model.name())).count() == 1
        ? model.name()
        : model.given().replaceFirst("\\.safetensors$", "");
  }
}
