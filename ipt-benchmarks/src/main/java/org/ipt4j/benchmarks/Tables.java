package org.ipt4j.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Markdown of results: mean ± standard deviation over seeds. */
record Tables(Results results, List<Long> seeds) {
  private static final String MISSING = "–"; // until all seeds are done

  /**
   * A column of a table.
   *
   * @param title its head
   * @param arm the arm of a trial
   * @param minus the arm it is compared with, seed by seed; null if it is shown by itself
   */
  record Column(String title, Arms arm, Arms minus) {
    /** What one arm came to. */
    static Column of(String title, Arms arm) {
      return new Column(title, arm, null);
    }

    /** How much PSNR one arm is above another. */
    static Column difference(String title, Arms arm, Arms minus) {
      return new Column(title, arm, minus);
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
    if (arm.equals(Experiments.INPUT)) {
      Results.Row row = results.row(arm, Experiments.NO_SEED, trial.name()).orElseThrow();
      return String.format(Locale.ROOT, "%.2f<br>%.4f", psnr(row, trial), ssim(row, trial));
    }
    List<Results.Row> rows = rows(arm, trial);
    if (column.minus() == null) {
      return rows.size() < seeds.size()
          ? MISSING
          : spread("%.2f ± %.2f", rows.stream().mapToDouble(row -> psnr(row, trial)))
              + "<br>"
              + spread("%.4f ± %.4f", rows.stream().mapToDouble(row -> ssim(row, trial)));
    }
    List<Results.Row> others = rows(column.minus().of(trial), trial);
    return Math.min(rows.size(), others.size()) < seeds.size()
        ? MISSING
        : spread(
            "%+.2f ± %.2f",
            IntStream.range(0, seeds.size())
                .mapToDouble(i -> psnr(rows.get(i), trial) - psnr(others.get(i), trial)));
  }

  private static double psnr(Results.Row row, Trial trial) {
    return switch (trial.channels()) {
      case Y -> row.quality().psnrY();
      case RGB -> row.quality().psnrRgb();
    };
  }

  private static double ssim(Results.Row row, Trial trial) {
    return switch (trial.channels()) {
      case Y -> row.quality().ssimY();
      case RGB -> row.quality().ssimRgb();
    };
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
