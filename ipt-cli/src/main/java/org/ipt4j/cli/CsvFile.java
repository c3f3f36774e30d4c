package org.ipt4j.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.ipt4j.weights.AtomicFiles;

/**
 * A table that grows while a run goes on: each row is in the file when {@link #append} returns, so
 * that a killed process leaves whole rows, but for the last perhaps, which the next {@link #open}
 * drops.
 */
final class CsvFile implements AutoCloseable {
  private static final CSVFormat FORMAT = CSVFormat.RFC4180;
  private static final String END_OF_ROW = FORMAT.getRecordSeparator();

  private final FileChannel channel;

  private CsvFile(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens a table to go on with; without a file, makes one.
   *
   * @param kept told each whole row of the file, in order; rows it refuses are removed, all at once
   * @throws IOException if the file is a table of other columns; it is then unchanged
   */
  static CsvFile open(Path file, List<String> columns, Predicate<List<String>> kept)
      throws IOException {
    String old =
        Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
    String whole = old.substring(0, old.lastIndexOf('\n') + 1);
    AtomicFiles.tidy(file);
    AtomicFiles.write(
        file,
        channel -> {
          Writer writer = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
          writer.write(line(columns));
          try (CSVParser parser = CSVParser.parse(whole, FORMAT)) {
            for (CSVRecord record : parser) {
              List<String> row = record.toList();
              boolean head = record.getRecordNumber() == 1;
              check(
                  head ? row.equals(columns) : row.size() == columns.size(), file, columns, record);
              if (!head && kept.test(row)) {
                writer.write(line(row));
              }
            }
          } catch (UncheckedIOException noTable) {
            throw new FileSystemException(
                file.toString(), null, "no table: " + noTable.getCause().getMessage());
          }
          writer.flush();
        });
    return new CsvFile(FileChannel.open(file, StandardOpenOption.APPEND));
  }

  private static void check(boolean fits, Path file, List<String> columns, CSVRecord record)
      throws IOException {
    if (!fits) {
      throw new FileSystemException(
          file.toString(),
          null,
          String.format(
              Locale.ROOT,
              "row %d: expected %s, got %s",
              record.getRecordNumber(),
              columns,
              record.toList()));
    }
  }

  /** Adds a row. */
  void append(List<String> row) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line(row));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static String line(List<String> row) {
    return FORMAT.format(row.toArray()) + END_OF_ROW;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
