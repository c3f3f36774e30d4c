package org.ipt4j.data.image;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Image data that is not part of the repository: the folder {@code shared} beside the checkout, or
 * where {@code -Dipt.shared=…} says. Tests that need it are skipped where it is missing.
 */
public final class Shared {
  private Shared() {}

  public static Path data(String folder) {
    String named = System.getProperty("ipt.shared");
    Path shared = named != null ? Path.of(named) : Path.of("..", "..", "shared");
    Path wanted = shared.resolve("data").resolve(folder);
    Assumptions.assumeTrue(
        Files.isDirectory(wanted), () -> "skipped: needs the image data in " + wanted);
    return wanted;
  }
}
