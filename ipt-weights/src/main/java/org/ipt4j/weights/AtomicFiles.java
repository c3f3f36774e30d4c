package org.ipt4j.weights;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Writes files that are complete or absent: a file is written beside its target, flushed to disk
 * and renamed.
 */
public final class AtomicFiles {
  /** Writes a file's whole content. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to {@code channel}, which the caller closes. */
    void writeTo(FileChannel channel) throws IOException;
  }

  private static final int LONGEST_KEPT = 80; // bytes of a name, 43 are added

  private static final String END = ".part";

  /** Another target's name may go on where a target's ends. */
  private static final Pattern RANDOM_END =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + Pattern.quote(END));

  private AtomicFiles() {}

  /**
   * Writes {@code target} and replaces what was there. If anything fails, the old file stays and
   * nothing half-written remains. Missing parent folders are made.
   *
   * @throws IOException also if {@code target} does not pass {@link #check}
   */
  public static void write(Path target, Content content) throws IOException {
    check(target);
    Path file = absolute(target);
    Files.createDirectories(file.getParent());
    // not createTempFile, whose files only their owner may read
    Path beside = file.resolveSibling(beginning(file) + UUID.randomUUID() + END);
    try {
      try (FileChannel channel =
          FileChannel.open(
              beside,
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.READ, // some writers go back and look
              StandardOpenOption.WRITE)) {
        FileLock held = lock(channel);
        content.writeTo(channel);
        channel.force(true);
        Reference.reachabilityFence(held); // or other threads of this process would not see it
      }
      move(beside, file);
    } catch (IOException failure) {
      throw named(target, beside, failure);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  /**
   * Checks, ahead of long work for instance, that {@code target} can be written as far as is known
   * now; makes nothing.
   *
   * @throws IOException if it is a folder, or its folder may not be written or made
   */
  public static void check(Path target) throws IOException {
    Path file = absolute(target);
    if (Files.isDirectory(file)) {
      throw isFolder(target);
    }
    Path there = file.getParent();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new NotDirectoryException(there.toString());
    }
    if (!Files.isWritable(there)) {
      throw new AccessDeniedException(there.toString());
    }
  }

  private static IOException isFolder(Path target) {
    return new IOException(target + " is a folder, expected a file");
  }

  // of the file beside nobody knows, and a disk that is full names none
  private static IOException named(Path target, Path beside, IOException failure) {
    String reason = failure.getMessage();
    if (failure instanceof FileSystemException own) {
      if (!beside.toString().equals(own.getFile())) {
        return failure;
      }
      if (own instanceof NoSuchFileException) {
        reason = "its folder is gone";
      } else {
        reason = own.getReason() == null ? own.getClass().getSimpleName() : own.getReason();
      }
    } else if (failure.getClass() != IOException.class) {
      return failure;
    }
    FileSystemException named = new FileSystemException(target.toString(), null, reason);
    named.initCause(failure);
    return named;
  }

  // until it is closed, be it by the process' end; null where there are no locks
  private static FileLock lock(FileChannel channel) {
    try {
      return channel.tryLock();
    } catch (IOException noLocks) {
      return null;
    }
  }

  /**
   * Removes what killed processes left beside {@code target} while they wrote it; what one that
   * lives writes stays, as does all where the file system has no locks.
   */
  public static void tidy(Path target) throws IOException {
    new Leftovers().remove(target);
  }

  /**
   * Removes what killed processes left beside many files; lists each folder once, when its first
   * file is asked for.
   */
  public static final class Leftovers {
    private final Map<Path, List<Path>> unfinished = new HashMap<>(); // by folder

    /** As {@link AtomicFiles#tidy}. */
    public void remove(Path target) throws IOException {
      Path file = absolute(target);
      List<Path> found = unfinished.get(file.getParent());
      if (found == null) {
        found = list(file.getParent());
        unfinished.put(file.getParent(), found);
      }
      String beginning = beginning(file);
      for (Path left : found) {
        String name = left.getFileName().toString();
        if (name.startsWith(beginning)
            && RANDOM_END.matcher(name.substring(beginning.length())).matches()
            && isLeft(left)) {
          Files.deleteIfExists(left);
        }
      }
    }

    private static boolean isLeft(Path unfinished) {
      try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE);
          FileLock free = channel.tryLock()) {
        return free != null;
      } catch (IOException | OverlappingFileLockException heldOrGone) {
        return false;
      }
    }

    private static List<Path> list(Path folder) throws IOException {
      List<Path> found = new ArrayList<>();
      if (Files.isDirectory(folder)) {
        try (DirectoryStream<Path> hidden = Files.newDirectoryStream(folder, ".*" + END)) {
          hidden.forEach(found::add);
        }
      }
      return found;
    }
  }

  private static Path absolute(Path target) throws IOException {
    Path file = target.toAbsolutePath();
    if (file.getFileName() == null) {
      throw isFolder(target);
    }
    return file;
  }

  // a long name stands for itself no more: file systems allow as few as 143 bytes
  private static String beginning(Path file) {
    String name = file.getFileName().toString();
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return "." + (bytes.length <= LONGEST_KEPT ? name : UUID.nameUUIDFromBytes(bytes)) + ".";
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException noAtomicMove) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
