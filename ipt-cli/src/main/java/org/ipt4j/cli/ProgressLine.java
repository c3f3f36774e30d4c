package org.ipt4j.cli;

import java.time.Duration;
import java.util.Locale;

/**
 * How far a command is, as a line of text.
 *
 * @param counts how much is done, and of how much
 * @param share done of all, 0 to 1
 * @param left how long the rest will take; null if that is not known yet
 * @param item what is being done; may be empty
 */
record ProgressLine(String title, String counts, double share, Duration left, String item) {
  private static final int SHORTEST_BAR = 16;
  private static final int LONGEST_BAR = 40;
  private static final int END_KEPT = 9; // of what is too long: 0042.jpg

  /** To be drawn on a terminal: with a bar, as wide as that or less. */
  String drawn(int width) {
    String before = String.format(Locale.ROOT, "%s %3d%% ", title, (int) (100 * share));
    String after = " " + facts();
    int room = width - before.length() - after.length();
    int named = item.isEmpty() ? 0 : item.length() + 2;
    int bar = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, room - named));
    String begin = before + bar(bar, share) + after;
    String end = item.isEmpty() ? "" : ", " + shortened(item, width - begin.length() - 2);
    return fitted(begin + end, width);
  }

  /** For a log. */
  String plain() {
    return title + ": " + facts() + (item.isEmpty() ? "" : ", " + item);
  }

  private String facts() {
    return counts + ", " + time(left) + " left";
  }

  private static String shortened(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    return most < 2 * END_KEPT
        ? text.substring(0, Math.max(0, most))
        : text.substring(0, most - 1 - END_KEPT) + "~" + text.substring(text.length() - END_KEPT);
  }

  /** {@code [====> ]}, so wide. */
  static String bar(int width, double share) {
    int inner = width - 2;
    int done = (int) (inner * share);
    String head = done < inner ? ">" : "";
    return "[" + "=".repeat(done) + head + " ".repeat(inner - done - head.length()) + "]";
  }

  /** For instance {@code 1:02:05}; {@code ?} for null. */
  static String time(Duration time) {
    return time == null
        ? "?"
        : String.format(
            Locale.ROOT,
            "%d:%02d:%02d",
            time.toHours(),
            time.toMinutesPart(),
            time.toSecondsPart());
  }

  static String fitted(String text, int width) {
    return text.substring(0, Math.min(text.length(), width));
  }
}
