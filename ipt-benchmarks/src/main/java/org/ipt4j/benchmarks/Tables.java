package org.ipt4j.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.ipt4j.data.measure.Quality;

/** Markdown of results: mean ± standard deviation over seeds; what has no seed, by itself. */
record Tables(Results results, List<Long> seeds) {
  private static final String MISSING = "–"; // until all seeds are done

  /**
   * A column of a table.
   *
   * @param title its head
   * @param arm the arm of a trial
   * @param minus the arm it is compared with, seed by seed; null if it is shown by itself
   * @param each whether the seeds' differences are shown, instead of their mean
   */
  record Column(String title, Arms arm, Arms minus, boolean each) {
    /** What one arm came to. */
    static Column of(String title, Arms arm) {
      return new Column(title, arm, null, false);
    }

    /** How much PSNR one arm is above another. */
    static Column difference(String title, Arms arm, Arms minus) {
      return new Column(title, arm, minus, false);
    }

    /** The same, one figure for each seed. */
    static Column differences(String title, Arms arm, Arms minus) {
      return new Column(title, arm, minus, true);
    }
  }

  /** The name of the arm that a column shows for a trial. */
  @FunctionalInterface
  interface Arms {
    String of(Trial trial);
  }

  /** One line for each trial. */
  String table(List<Trial> trials, List<Column> columns) {
    List<String> lines = new ArrayList<>();
    lines.add(line("test set", columns.stream().map(Column::title).toList()));
    lines.add("|---".repeat(columns.size() + 1) + "|");
    for (Trial trial : trials) {
      lines.add(
          line(
              trial.name() + " (" + trial.channels() + ")",
              columns.stream().map(column -> cell(trial, column)).toList()));
    }
    return String.join("\n", lines) + "\n";
  }

  private static String line(String first, List<String> others) {
    return others.stream().collect(Collectors.joining(" | ", "| " + first + " | ", " |"));
  }

  private String cell(Trial trial, Column column) {
    String arm = column.arm().of(trial);
    Optional<Results.Row> alone = results.row(arm, Results.NO_SEED, trial.name());
    if (alone.isPresent()) {
      Quality quality = alone.get().quality();
      return String.format(Locale.ROOT, "%.2f<br>%.4f", trial.psnr(quality), trial.ssim(quality));
    }
    List<Results.Row> rows = rows(arm, trial);
    if (column.minus() == null) {
      return rows.size() < seeds.size()
          ? MISSING
          : spread("%.2f ± %.2f", rows.stream().mapToDouble(row -> trial.psnr(row.quality())))
              + "<br>"
              + spread("%.4f ± %.4f", rows.stream().mapToDouble(row -> trial.ssim(row.quality())));
    }
    List<Results.Row> others = rows(column.minus().of(trial), trial);
    if (Math.min(rows.size(), others.size()) < seeds.size()) {
      return MISSING;
    }
    double[] differences =
        IntStream.range(0, seeds.size())
            .mapToDouble(
                i -> trial.psnr(rows.get(i).quality()) - trial.psnr(others.get(i).quality()))
            .toArray();
    return column.each()
        ? Arrays.stream(differences)
            .mapToObj(difference -> String.format(Locale.ROOT, "%+.2f", difference))
            .collect(Collectors.joining(", "))
        : spread("%+.2f ± %.2f", Arrays.stream(differences));
  }

  /** One for each seed that is done. */
  private List<Results.Row> rows(String arm, Trial trial) {
    return seeds.stream().flatMap(seed -> results.row(arm, seed, trial.name()).stream()).toList();
  }

  private static String spread(String format, DoubleStream of) {
    double[] figures = of.toArray();
    return String.format(Locale.ROOT, format, mean(figures), deviation(figures));
  }

  private static double mean(double... figures) {
    double sum = 0;
    for (double figure : figures) {
      sum += figure;
    }
    return sum / figures.length;
  }

  /** The standard deviation of a sample: divided by one less than there are. */
  private static double deviation(double... figures) {
    double mean = mean(figures);
    double sum = 0;
    for (double figure : figures) {
      sum += (figure - mean) * (figure - mean);
    }
    return Math.sqrt(sum / (figures.length - 1));
  }
}
