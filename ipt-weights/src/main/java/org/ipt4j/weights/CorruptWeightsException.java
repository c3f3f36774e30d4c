package org.ipt4j.weights;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A weight file whose content cannot be trusted: it is damaged, cut short, against the rules of its
 * format, or not what was asked for. The message says which file, near which byte, what was
 * expected and what came. Failures of the disk itself stay plain {@link IOException}s.
 */
public final class CorruptWeightsException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int LONGEST_PROBLEM = 4000;

  private final transient Path file;
  private final long offset;

  /**
   * A problem in a file.
   *
   * @param offset the byte near which it is, 0 if unknown
   * @param problem what was expected and what came; may quote the file, even unprintable characters
   */
  public CorruptWeightsException(Path file, long offset, String problem) {
    super(file + ", byte " + offset + ": " + printable(problem));
    this.file = file;
    this.offset = offset;
  }

  // A problem quotes the file, which may hold anything of any length.
  private static String printable(String problem) {
    String start =
        problem.length() <= LONGEST_PROBLEM
            ? problem
            : problem.substring(0, LONGEST_PROBLEM) + "...";
    return start.replaceAll("\\p{Cc}", "?");
  }

  /** The file that was being read. */
  public Path file() {
    return file;
  }

  /** Where in the file, in bytes from its start. */
  public long offset() {
    return offset;
  }
}
