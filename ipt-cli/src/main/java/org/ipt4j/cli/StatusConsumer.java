package org.ipt4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;

/**
 * Draws lines on a terminal, each time over those before. The cursor then waits where the lines
 * begin: what others print, a warning in the log say, stands above the next drawing and stays.
 */
final class StatusConsumer extends ConsoleProgressBarConsumer {
  private static final String CLEAR_LINE = "\033[K";
  private static final String CLEAR_BELOW = "\033[J";

  private final PrintStream out;
  private int height;

  private StatusConsumer(PrintStream out) {
    super(out);
    this.out = out;
  }

  /** On standard error. */
  static StatusConsumer onStandardError() {
    return new StatusConsumer(
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
  }

  @Override
  public void accept(String lines) {
    StandardError.draw(this, lines);
  }

  @Override
  public void close() {
    StandardError.end(this);
  }

  void draw(String lines) {
    height = (int) lines.lines().count();
    out.print("\r" + CLEAR_LINE + lines.replace("\n", "\n" + CLEAR_LINE) + up(height - 1) + "\r");
    out.flush();
  }

  /** Takes the lines away, for others to be printed there. */
  void makeRoom() {
    out.print("\r" + CLEAR_BELOW);
    out.flush();
  }

  /** Goes below the lines, which stay. */
  void leave() {
    out.print("\n".repeat(height));
    out.flush();
  }

  private static String up(int lines) {
    return lines > 0 ? "\033[" + lines + "A" : "";
  }
}
