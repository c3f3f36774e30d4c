package org.ipt4j.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.ipt4j.web.StaticPage;

/**
 * The npm package {@code onnxruntime-web}, as a person gave it or as npm fetches it, into a folder
 * that is gone afterwards. npm checks what it fetches.
 */
final class RuntimePackage implements AutoCloseable {
  private static final String NAME = "onnxruntime-web";

  private final Path folder;
  private final Path fetched; // null: a person gave it
  private final Thread atExit = new Thread(this::endFetching, "ipt-npm-end");
  private volatile Process npm; // null: not begun

  private RuntimePackage(Path folder, Path fetched) {
    this.folder = folder;
    this.fetched = fetched;
  }

  /** The package's folder. */
  Path folder() {
    return folder;
  }

  /**
   * The package.
   *
   * @param given null to have it fetched
   * @throws IOException if npm is not there or fails, with what it said
   */
  static RuntimePackage of(Path given) throws IOException {
    if (given != null) {
      return new RuntimePackage(given, null);
    }
    Path folder = Files.createTempDirectory("ipt-npm");
    RuntimePackage fetched =
        new RuntimePackage(folder.resolve("node_modules").resolve(NAME), folder);
    Runtime.getRuntime().addShutdownHook(fetched.atExit);
    try {
      fetched.fetch();
      return fetched;
    } catch (IOException | RuntimeException failure) {
      fetched.close();
      throw failure;
    }
  }

  private void fetch() throws IOException {
    String wanted = NAME + "@" + StaticPage.RUNTIME_VERSION;
    boolean isWindows = System.getProperty("os.name").startsWith("Windows");
    List<String> command =
        List.of(
            isWindows ? "npm.cmd" : "npm",
            "install",
            "--prefix",
            fetched.toString(),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            wanted);
    String said;
    int code;
    try {
      npm = new ProcessBuilder(command).redirectErrorStream(true).start();
      npm.getOutputStream().close();
      said = new String(npm.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      code = npm.waitFor();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("npm was interrupted", stopped);
    } catch (IOException noNpm) {
      throw new IOException(
          "the page needs the npm package "
              + wanted
              + ", and npm was not found: give its folder as --runtime",
          noNpm);
    }
    if (code != 0) {
      throw new IOException(
          "npm could not fetch " + wanted + ": " + said.lines().findFirst().orElse("code " + code));
    }
  }

  // where this process is told to stop
  private void endFetching() {
    try {
      if (npm != null) {
        List<ProcessHandle> all =
            Stream.concat(npm.descendants(), Stream.of(npm.toHandle())).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(each -> each.onExit().join());
      }
      delete();
    } catch (IOException left) {
      // nobody is told any more
    }
  }

  @Override
  public void close() throws IOException {
    if (fetched == null) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException stopping) {
      return;
    }
    delete();
  }

  private void delete() throws IOException {
    try (Stream<Path> files = Files.walk(fetched)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (UncheckedIOException failure) {
      throw failure.getCause();
    }
  }
}
