package org.ipt4j.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.weights.AtomicFiles;

/** The figures of all arms so far, in a file that is complete after each arm. */
final class Results {
  /** The name under which the degraded images themselves are here. */
  static final String INPUT = "input";

  /** The seed of what is not repeated with several. */
  static final long NO_SEED = 0;

  private static final Pattern COMMA =
      Pattern.compile(",(?=([^\"]*\"[^\"]*\")*[^\"]*$)"); // not one between quotation marks
  private static final String HEADER =
      "arm,seed,steps,cpu_seconds,test,psnr_y,ssim_y,psnr_rgb,ssim_rgb";

  /**
   * What an arm made of a trial.
   *
   * @param arm its name
   * @param seed of its weights and batches
   * @param steps it trained
   * @param seconds of processor time that took: the process's, divided by the arms at a time
   * @param test the trial's name
   * @param quality mean over the images
   */
  record Row(String arm, long seed, int steps, double seconds, String test, Quality quality) {
    private static Row of(String line) {
      String[] cells = COMMA.split(line);
      return new Row(
          cells[0].replace("\"", ""),
          Long.parseLong(cells[1]),
          Integer.parseInt(cells[2]),
          Double.parseDouble(cells[3]),
          cells[4].replace("\"", ""),
          new Quality(
              Double.parseDouble(cells[5]),
              Double.parseDouble(cells[6]),
              Double.parseDouble(cells[7]),
              Double.parseDouble(cells[8])));
    }

    private String line() {
      return String.format(
          Locale.ROOT,
          "%s,%d,%d,%.1f,%s,%.4f,%.5f,%.4f,%.5f",
          quoted(arm),
          seed,
          steps,
          seconds,
          quoted(test),
          quality.psnrY(),
          quality.ssimY(),
          quality.psnrRgb(),
          quality.ssimRgb());
    }

    private static String quoted(String name) {
      return name.contains(",") ? '"' + name + '"' : name;
    }
  }

  private final Path file;
  private final String settings;
  private final List<Row> rows = new ArrayList<>();

  private Results(Path file, String settings) {
    this.file = file;
    this.settings = settings;
  }

  /**
   * Goes on from a file, or begins one.
   *
   * @param settings what all arms have in common, the file's first line
   * @throws IllegalArgumentException if the file is of other settings
   */
  static Results open(Path file, String settings) throws IOException {
    Results results = new Results(file, settings);
    if (Files.exists(file)) {
      List<String> lines = Files.readAllLines(file);
      if (!lines.get(0).equals(settings)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s is of other settings: expected %s, got %s",
                file,
                settings,
                lines.get(0)));
      }
      lines.stream().skip(2).map(Row::of).forEach(results.rows::add);
    }
    return results;
  }

  /** Whether an arm is done. */
  synchronized boolean has(String arm, long seed) {
    return rows.stream().anyMatch(row -> row.arm().equals(arm) && row.seed() == seed);
  }

  /** An arm is done; {@code all} are its rows. */
  synchronized void add(List<Row> all) throws IOException {
    rows.addAll(all);
    List<String> lines = new ArrayList<>(List.of(settings, HEADER));
    rows.stream().map(Row::line).forEach(lines::add);
    byte[] bytes = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(file, channel -> channel.write(ByteBuffer.wrap(bytes)));
  }

  /** The row of an arm, a seed and a trial, if the arm is done. */
  synchronized Optional<Row> row(String arm, long seed, String test) {
    return rows.stream()
        .filter(row -> row.arm().equals(arm) && row.seed() == seed && row.test().equals(test))
        .findFirst();
  }

  /** Processor time of the arms whose name fits, together, in seconds. */
  synchronized double seconds(Predicate<String> fits) {
    return rows.stream()
        .filter(row -> fits.test(row.arm()))
        .map(row -> List.of(row.arm(), row.seed(), row.seconds()))
        .distinct()
        .mapToDouble(arm -> (double) arm.get(2))
        .sum();
  }
}
