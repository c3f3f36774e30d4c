package org.ipt4j.model;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Numbers computed by independent implementations: the network as published, in PyTorch. And {@code
 * restored.png}, an image that this one restored, to notice when it restores another.
 */
final class GoldenFiles {
  private GoldenFiles() {}

  /** One of the files kept among the test resources. */
  static Path file(String name) {
    URL resource = GoldenFiles.class.getResource("/golden/" + name);
    if (resource == null) {
      throw new IllegalArgumentException("no test resource /golden/" + name);
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * One of the larger files that are not kept with the code: in {@code fixtures} of the folder that
   * the system property {@code ipt.shared} names, or of {@code shared} beside the checkout. The
   * test that asks is skipped where there is none.
   */
  static Path sharedFile(String name) {
    String shared = System.getProperty("ipt.shared", "../../shared");
    Path file = Path.of(shared, "fixtures", name);
    Assumptions.assumeTrue(
        Files.exists(file), () -> "skipped: no " + file + "; set -Dipt.shared=FOLDER");
    return file;
  }
}
