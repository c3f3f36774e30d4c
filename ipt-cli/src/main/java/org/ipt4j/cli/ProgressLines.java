package org.ipt4j.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How far a run is, as two lines of text of a given width.
 *
 * @param steps how many are done, of {@code end}
 * @param losses smoothed, by their names
 * @param imagesPerSecond smoothed
 * @param left how long the rest will take; null if that is not known yet
 */
record ProgressLines(
    String title,
    long steps,
    long end,
    Map<String, Double> losses,
    double learningRate,
    double imagesPerSecond,
    Duration left) {
  private static final int SHORTEST_BAR = 5;
  private static final int SHORTEST_NAME = 4;
  private static final int END_KEPT = 2;

  /** The bar, the step, the time left, images per second and the learning rate. */
  String first(int width) {
    String before = String.format(Locale.ROOT, "%s %3d%% ", title, 100 * steps / end);
    String after =
        String.format(
            Locale.ROOT,
            " %d/%d, %s left, %.1f images/s, rate %s",
            steps,
            end,
            ProgressLine.time(left),
            imagesPerSecond,
            String.format(Locale.ROOT, "%.1e", learningRate).replace("e-0", "e-"));
    int bar = width - before.length() - after.length();
    String middle = bar >= SHORTEST_BAR ? ProgressLine.bar(bar, (double) steps / end) : "";
    return ProgressLine.fitted(before + middle + after, width);
  }

  /** The losses, by names as long as there is room for. */
  String second(int width) {
    int longest = losses.keySet().stream().mapToInt(String::length).max().orElse(0);
    String text = losses(longest);
    for (int most = longest - 1; most >= SHORTEST_NAME && text.length() > width; most--) {
      text = losses(most);
    }
    return ProgressLine.fitted(text, width);
  }

  private String losses(int most) {
    return "loss "
        + losses.entrySet().stream()
            .map(
                loss ->
                    String.format(
                        Locale.ROOT,
                        loss.getValue() < 10 ? "%s %.2f" : "%s %.1f",
                        abbreviated(loss.getKey(), most),
                        loss.getValue()))
            .collect(Collectors.joining("  "));
  }

  /** Its beginning and its end, which tell denoise30 from denoise50. */
  private static String abbreviated(String name, int most) {
    if (name.length() <= most) {
      return name;
    }
    return name.substring(0, most - 1 - END_KEPT) + "~" + name.substring(name.length() - END_KEPT);
  }
}
