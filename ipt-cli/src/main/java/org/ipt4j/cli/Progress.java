package org.ipt4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * Shows on standard error how far a command is, and what failed. On a terminal that is a line drawn
 * again and again, above which failures stand, and they are said once more below it at the end;
 * anywhere else a line now and then.
 */
final class Progress implements AutoCloseable {
  private static final int REDRAWN_MILLISECONDS = 500;
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
  private static final Duration BEFORE_GUESSING = Duration.ofSeconds(3);

  private final String title;
  private final String counts;
  private final PrintWriter err;
  private final long linesApart;
  private final long started = System.nanoTime();
  private final ProgressBar bar; // or null
  private final List<String> failures = new ArrayList<>();
  private double done;
  private double all;
  private String item = "";
  private long lastLine = started;

  /**
   * Begins.
   *
   * @param counts a format of how much is done and of how much there is in all, such as {@code
   *     "%.0f/%.0f images"}
   * @param all how much there is; of nothing nothing is drawn
   */
  Progress(String title, String counts, double all, PrintWriter err) {
    this(title, counts, all, err, BETWEEN_LINES);
  }

  Progress(String title, String counts, double all, PrintWriter err, Duration betweenLines) {
    this.title = title;
    this.counts = counts;
    this.all = all;
    this.err = err;
    this.linesApart = betweenLines.toNanos();
    this.bar = all > 0 && StandardError.isTerminal() ? bar() : null;
  }

  private ProgressBar bar() {
    return new ProgressBarBuilder()
        .setUpdateIntervalMillis(REDRAWN_MILLISECONDS)
        .setConsumer(StatusConsumer.onStandardError())
        .setRenderer((state, width) -> now().drawn(width))
        .build();
  }

  private synchronized ProgressLine now() {
    Duration passed = Duration.ofNanos(System.nanoTime() - started);
    boolean known = done > 0 && (passed.compareTo(BEFORE_GUESSING) > 0 || done >= all);
    return new ProgressLine(
        title,
        String.format(Locale.ROOT, counts, done, all),
        all > 0 ? Math.min(1, done / all) : 1,
        known ? Duration.ofMillis((long) (passed.toMillis() * (all - done) / done)) : null,
        item);
  }

  /** So much is done. */
  synchronized void to(double amount) {
    done = amount;
    if (bar == null && System.nanoTime() - lastLine >= linesApart) {
      lastLine = System.nanoTime();
      StandardError.println(err, now().plain());
    }
  }

  /** There is less to do than was thought. */
  synchronized void lessen(double by) {
    all -= by;
  }

  /** What is being done, in a few words. */
  synchronized void at(String what) {
    item = what;
  }

  /** Says what failed; the command goes on. */
  void fail(String failure) {
    String line = Commands.printable(failure);
    failures.add(line);
    StandardError.println(err, line);
    if (bar != null) {
      bar.refresh();
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      failures.forEach(line -> StandardError.println(err, line));
    }
  }
}
