package org.ipt4j.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.ipt4j.data.measure.Evaluation;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.weights.AtomicFiles;

/** How results are written, known by a file's ending. */
public enum ResultsFormat {
  /**
   * A line for each image and contender, the mean's image being {@code mean}; the protocol above
   * them in lines that begin with #.
   */
  CSV {
    @Override
    public String text(Results results) throws IOException {
      CSVFormat format =
          CSVFormat.RFC4180
              .builder()
              .setCommentMarker('#')
              .setHeaderComments(results.sentences().toArray())
              .setHeader("data", "image", "by", "psnr_y", "ssim_y", "psnr_rgb", "ssim_rgb")
              .build();
      StringBuilder text = new StringBuilder();
      try (CSVPrinter csv = new CSVPrinter(text, format)) {
        for (Results.Table table : results.tables()) {
          for (Evaluation.Row row : rows(table)) {
            for (int i = 0; i < row.qualities().size(); i++) {
              Quality q = row.qualities().get(i);
              csv.printRecord(
                  table.data(),
                  row.image(),
                  results.contenders().get(i).name(),
                  q.psnrY(),
                  q.ssimY(),
                  q.psnrRgb(),
                  q.ssimRgb());
            }
          }
        }
      }
      return text.toString();
    }
  },

  /** All there is, the protocol and checksums too; an infinite figure is {@code "Infinity"}. */
  JSON {
    @Override
    public String text(Results results) throws IOException {
      return new ObjectMapper()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .writeValueAsString(results)
          + "\n";
    }
  },

  /** Tables for people, and the protocol below them. */
  MD {
    @Override
    public String text(Results results) {
      StringBuilder text = new StringBuilder();
      for (Results.Table table : results.tables()) {
        text.append(
            String.format(
                Locale.ROOT, "%s, %s: PSNR in dB / SSIM\n\n", table.data(), results.task()));
        appendTable(text, lines(results, table));
        for (String failure : table.failures()) {
          text.append("not measured: ").append(failure).append('\n');
        }
        text.append(table.failures().isEmpty() ? "" : "\n");
      }
      results.sentences().forEach(sentence -> text.append("- ").append(sentence).append('\n'));
      return text.toString();
    }
  };

  private static final String MEAN = "mean";

  /** The whole file. */
  public abstract String text(Results results) throws IOException;

  /** The format of a file's name. */
  public static ResultsFormat of(Path file) {
    String name = file.getFileName().toString().toUpperCase(Locale.ROOT);
    for (ResultsFormat format : values()) {
      if (name.endsWith("." + format)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "results are written as .csv, .json or .md, got " + file.getFileName());
  }

  /** Writes results as the file's name ends; complete or not at all. */
  static void write(Results results, Path file) throws IOException {
    writeText(of(file).text(results), file);
  }

  static void writeText(String text, Path file) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    AtomicFiles.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private static List<Evaluation.Row> rows(Results.Table table) {
    List<Evaluation.Row> rows = new ArrayList<>(table.images());
    if (!rows.isEmpty()) {
      rows.add(new Evaluation.Row(MEAN, table.means()));
    }
    return rows;
  }

  private static List<List<String>> lines(Results results, Results.Table table) {
    List<List<String>> lines = new ArrayList<>();
    List<String> titles = new ArrayList<>(List.of("image"));
    for (Results.Contender contender : results.contenders()) {
      titles.add(contender.name() + ", Y");
      titles.add(contender.name() + ", RGB");
    }
    lines.add(titles);
    for (Evaluation.Row row : rows(table)) {
      List<String> line = new ArrayList<>(List.of(row.image()));
      for (Quality q : row.qualities()) {
        line.add(cell(q.psnrY(), q.ssimY()));
        line.add(cell(q.psnrRgb(), q.ssimRgb()));
      }
      lines.add(line);
    }
    return lines;
  }

  private static String cell(double psnr, double ssim) {
    return Double.isInfinite(psnr)
        ? String.format(Locale.ROOT, "∞ / %.4f", ssim)
        : String.format(Locale.ROOT, "%.2f / %.4f", psnr, ssim);
  }

  /** Padded, so that it is a table on a terminal too. */
  private static void appendTable(StringBuilder text, List<List<String>> lines) {
    int columns = lines.get(0).size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], escaped(line.get(i)).length());
      }
    }
    for (List<String> line : lines) {
      for (int i = 0; i < columns; i++) {
        String cell = escaped(line.get(i));
        String padding = " ".repeat(widths[i] - cell.length());
        text.append(i == 0 ? "| " + cell + padding : " | " + padding + cell);
      }
      text.append(" |\n");
      if (line == lines.get(0)) {
        for (int i = 0; i < columns; i++) {
          text.append('|').append("-".repeat(widths[i] + 1)).append(i == 0 ? '-' : ':');
        }
        text.append("|\n");
      }
    }
    text.append('\n');
  }

  private static String escaped(String cell) {
    return Commands.printable(cell).replace("|", "\\|");
  }
}
