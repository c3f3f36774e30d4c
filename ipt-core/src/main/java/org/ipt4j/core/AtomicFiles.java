package org.ipt4j.core;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that are complete or absent: written beside their place, flushed to disk, renamed. */
public final class AtomicFiles {
  /** Writes a file's whole content. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code channel}, which the caller closes. */
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFiles() {}

  /**
   * Writes {@code target}, replacing what was there; on any failure what was there stays and
   * nothing half-written remains. Missing parent folders are made.
   */
  public static void write(Path target, Content content) throws IOException {
    Path file = target.toAbsolutePath();
    Files.createDirectories(file.getParent());
    // not createTempFile, whose files only their owner may read
    Path beside = file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(
              beside,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ, // some writers go back and look
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      move(beside, file);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  /** Removes what processes that were killed while writing {@code target} have left beside it. */
  public static void tidy(Path target) throws IOException {
    Path file = target.toAbsolutePath();
    String begin = "." + file.getFileName() + ".";
    if (Files.isDirectory(file.getParent())) {
      try (DirectoryStream<Path> beside = Files.newDirectoryStream(file.getParent(), ".*.part")) {
        for (Path unfinished : beside) {
          if (unfinished.getFileName().toString().startsWith(begin)) {
            Files.delete(unfinished);
          }
        }
      }
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException noAtomicMove) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
