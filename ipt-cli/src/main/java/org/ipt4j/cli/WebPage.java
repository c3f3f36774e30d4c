package org.ipt4j.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;

/**
 * An HTML page in one file that needs nothing else: a resource of this package, whose script makes
 * the page of data that is put into it as JSON.
 */
final class WebPage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PLACE = "{{data}}"; // in the resource
  private static final String BEGIN = "<script type=\"application/json\" id=\"data\">";
  private static final String END = "</script>";

  private WebPage() {}

  /** Writes a page, complete or not at all. */
  static void write(String resource, Object data, Path file) throws IOException {
    // in a script element only "<" could be mistaken, and in JSON it stands within texts only
    String json = JSON.writeValueAsString(data).replace("<", "\\u003c");
    ResultsFormat.writeText(template(resource).replace(PLACE, json), file);
  }

  private static String template(String resource) throws IOException {
    try (InputStream stream = WebPage.class.getResourceAsStream(resource)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The JSON of a page that {@link #write} made; empty if {@code file} is none. */
  static Optional<String> data(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String page = Files.readString(file);
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END, Math.max(begin, 0));
    return begin < 0 || end < 0
        ? Optional.empty()
        : Optional.of(page.substring(begin + BEGIN.length(), end));
  }

  /** An image as an address that holds it, for {@code src}: as PNG, with its very pixels. */
  static String address(Image image) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(ImageFiles.png(image));
  }
}
