package org.ipt4j.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * Numbers computed by independent implementations: the network as published, in PyTorch. And what
 * this library wrote once, to notice when it reads or computes otherwise.
 */
public final class GoldenFiles {
  private static final Path OWN = Path.of("src/test/resources/golden");

  private GoldenFiles() {}

  /** One of the files kept among the test resources of the module under test, or of this one. */
  public static Path file(String name) {
    for (Path folder : new Path[] {OWN, Path.of("../ipt-weights").resolve(OWN)}) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new IllegalArgumentException("no golden file " + name);
  }

  /**
   * One of the larger files that are not kept with the code: in {@code fixtures} of the folder that
   * the system property {@code ipt.shared} names, or of {@code shared} beside the checkout. The
   * test that asks is skipped where there is none.
   */
  public static Path sharedFile(String name) {
    String shared = System.getProperty("ipt.shared", "../../shared");
    Path file = Path.of(shared, "fixtures", name);
    Assumptions.assumeTrue(
        Files.exists(file), () -> "skipped: no " + file + "; set -Dipt.shared=FOLDER");
    return file;
  }
}
