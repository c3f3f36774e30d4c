package org.ipt4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.ipt4j.data.measure.Evaluation;

/**
 * One HTML page that needs nothing else: the tables, and images to compare by hand. The page is the
 * resource {@code report.html}, whose script builds it from the data this class puts into it.
 */
final class Report {
  /** What the page's script reads. */
  private record Page(Results results, List<String> sentences, List<Gallery> galleries) {}

  private record Gallery(String choice, List<Sample> samples) {}

  private record Sample(
      Evaluation.Row row,
      String part,
      int height,
      int width,
      String clean,
      List<String> restored) {}

  private Report() {}

  /** Writes the page, complete or not at all; {@code shown} goes with the results' tables. */
  static void write(Results results, List<Shown> shown, Path file) throws IOException {
    Page page =
        new Page(results, results.sentences(), shown.stream().map(Report::gallery).toList());
    WebPage.write("report.html", page, file);
  }

  private static Gallery gallery(Shown shown) {
    return new Gallery(
        shown.choice(),
        shown.samples().stream()
            .map(
                sample ->
                    new Sample(
                        sample.row(),
                        sample.part(),
                        sample.clean().height(),
                        sample.clean().width(),
                        WebPage.address(sample.clean()),
                        sample.restored().stream().map(WebPage::address).toList()))
            .toList());
  }
}
