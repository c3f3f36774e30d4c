package org.ipt4j.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.ipt4j.data.Degradation;
import org.ipt4j.data.Evaluation;
import org.ipt4j.data.Evaluation.Contender;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImagePair;
import org.ipt4j.data.TestSet;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What evaluate and compare share: their options, and the measuring. */
final class Measuring {
  @Option(
      names = "--task",
      required = true,
      paramLabel = "TASK",
      description = "One of the models' tasks, for instance x2 (see ipt info).")
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
      description = "Degraded images whose clean ones, of equal names, are in --data.")
  private Path degraded;

  @Option(
      names = "--degradation",
      paramLabel = "NAME",
      description = "How clean images are degraded, if not as the task is named.")
  private String degradation;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Of what is random in degrading (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "Where the results go, as .csv, .json or .md; may be repeated.")
  private List<Path> out = List.of();

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Where a page to look at the images goes, as .html.")
  private Path report;

  @Option(
      names = "--report-images",
      paramLabel = "N",
      defaultValue = "6",
      description =
          "Images of each test set on the page: half those with the least gain over the input, half"
              + " those with the most (default: ${DEFAULT-VALUE}).")
  private int reportImages;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Measures the baseline and some models; yields the exit code. */
  int run(List<Path> models) throws IOException {
    checkOutputs();
    List<Results.Contender> described = new ArrayList<>();
    List<Contender> contenders = new ArrayList<>();
    int scale = -1;
    for (Path file : models) {
      Task wanted;
      IptModel model = IptModel.load(file);
      try {
        wanted = model.task(task);
      } catch (IllegalArgumentException none) {
        throw new IllegalArgumentException(file + ": " + none.getMessage(), none);
      }
      if (scale > 0 && wanted.scale() != scale) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s enlarges by %d, %s by %d",
                models.get(0),
                scale,
                file,
                wanted.scale()));
      }
      scale = wanted.scale();
      ImageRestorer restorer = new ImageRestorer(model);
      String name = name(file, models);
      contenders.add(new Contender(name, image -> restorer.restore(wanted, image)));
      described.add(new Results.Contender(name, file.toString(), sha256(file)));
    }
    if (models.isEmpty()) {
      scale = degradation().scale();
    }
    Contender baseline = Contender.baseline(scale);
    contenders.add(0, baseline);
    described.add(0, new Results.Contender(baseline.name(), null, null));
    return run(contenders, described, testSets(scale));
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
    Results results = new Results(task, described, protocol, tables);
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

  private void checkOutputs() {
    out.forEach(ResultsFormat::of);
    if (report != null && !report.toString().endsWith(".html")) {
      throw new IllegalArgumentException("a report is written as .html, got " + report);
    }
    if (reportImages < 1) {
      throw new IllegalArgumentException("--report-images is at least 1, got " + reportImages);
    }
  }

  private Degradation degradation() {
    return Degradation.parse(degradation == null ? task : degradation);
  }

  private List<TestSet> testSets(int scale) throws IOException {
    if (degraded != null) {
      if (data.size() != 1 || degradation != null) {
        throw new IllegalArgumentException(
            "--degraded goes with one --data and without --degradation, got "
                + data.size()
                + (degradation == null ? " of data" : " of data and " + degradation));
      }
      return List.of(TestSet.matched(degraded, data.get(0), scale));
    }
    Degradation wanted = degradation();
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

  /** A model's name in tables: its file's, or the whole path where two files have one name. */
  private static String name(Path file, List<Path> all) {
    Set<String> names = new HashSet<>();
    for (Path other : all) {
      if (!names.add(Commands.baseName(other))) {
        return file.toString().replaceFirst("\\.safetensors$", "");
      }
    }
    return Commands.baseName(file);
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java has it
    }
  }
}
