package org.ipt4j.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.ipt4j.data.Evaluation;
import org.ipt4j.data.Image;

/**
 * One HTML page that needs nothing else: the tables, and images to compare by hand. The page is the
 * resource {@code report.html}, whose script builds it from the data this class puts into it.
 */
final class Report {
  private static final String DATA = "{{data}}"; // in the resource

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
    // in a script element only "<" could be mistaken, and in JSON it stands within texts only
    String data = new ObjectMapper().writeValueAsString(page).replace("<", "\\u003c");
    ResultsFormat.writeText(template().replace(DATA, data), file);
  }

  private static String template() throws IOException {
    try (InputStream resource = Report.class.getResourceAsStream("report.html")) {
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    }
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
                        dataUri(sample.clean()),
                        sample.restored().stream().map(Report::dataUri).toList()))
            .toList());
  }

  /** As PNG, for the page computes errors from these pixels. */
  private static String dataUri(Image image) {
    int height = image.height();
    int width = image.width();
    int plane = height * width;
    float[] pixels = image.quantised().pixels();
    int[] rgb =
        IntStream.range(0, plane)
            .map(
                i ->
                    (int) pixels[i] << 16
                        | (int) pixels[plane + i] << 8
                        | (int) pixels[2 * plane + i])
            .toArray();
    BufferedImage buffered = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    buffered.setRGB(0, 0, width, height, rgb, 0, width);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(buffered, "png", png);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
  }
}
