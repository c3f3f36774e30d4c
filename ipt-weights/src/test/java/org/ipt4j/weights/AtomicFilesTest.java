package org.ipt4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AtomicFilesTest {
  private static final int LONGEST = 255; // bytes of a name, on most file systems

  @TempDir Path folder;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** What is in the folder while the file is being written, which then stays as it is. */
  private String unfinished(Path target) throws IOException {
    List<String> before = names();
    List<String> names = new ArrayList<>();
    try {
      AtomicFiles.write(
          target,
          channel -> {
            channel.write(ByteBuffer.wrap(new byte[3]));
            names.addAll(names());
            names.removeAll(before);
            throw new IOException("stopped");
          });
    } catch (IOException stopped) {
      assertThat(stopped).hasMessage(target + ": stopped");
    }
    assertThat(names).hasSize(1);
    return names.get(0);
  }

  /** A name as long as names can be is no reason to fail, whatever its letters. */
  @ParameterizedTest
  @CsvSource({"L, 1", "ü, 2", "画, 3", "😀, 4"})
  void longestNamesAreWrittenAndTidied(String letter, int bytes) throws Exception {
    Assumptions.assumeTrue(
        bytes == 1 || "UTF-8".equals(System.getProperty("sun.jnu.encoding")),
        "skipped: files have other names here");
    for (int length : new int[] {70, 80, 90, 143, LONGEST}) {
      String name = letter.repeat((length - 4) / bytes) + ".png";
      Path target = folder.resolve(name);
      AtomicFiles.write(target, channel -> channel.write(ByteBuffer.wrap(new byte[5])));
      assertThat(target).hasSize(5);
      String left = unfinished(target);
      assertThat(left.getBytes(StandardCharsets.UTF_8).length)
          .isLessThanOrEqualTo(Math.max(143, length));
      Files.write(folder.resolve(left), new byte[3]);
      AtomicFiles.tidy(target);
      assertThat(names()).containsExactly(name);
      Files.delete(target);
    }
  }

  /** Another process may be writing them. */
  @Test
  void whatIsLeftOfOtherFilesStays() throws Exception {
    String begin = "a".repeat(200);
    List<String> left = new ArrayList<>();
    for (String name : List.of("a.png", "b.png", begin + "1.png", begin + "2.png")) {
      left.add(unfinished(folder.resolve(name)));
      Files.write(folder.resolve(left.get(left.size() - 1)), new byte[3]);
    }
    Files.write(folder.resolve(".hidden.png"), new byte[3]);
    AtomicFiles.tidy(folder.resolve("a.png"));
    AtomicFiles.tidy(folder.resolve(begin + "2.png"));
    assertThat(names()).containsExactlyInAnyOrder(".hidden.png", left.get(1), left.get(2));
  }

  /** One target's name may begin with another's, and hidden files may be anyone's. */
  @Test
  void namesThatOnlyBeginAlikeStay() throws Exception {
    String other = unfinished(folder.resolve("a.png.bak.png"));
    String own = unfinished(folder.resolve("a.png"));
    List<String> stay = List.of(".a.png.film.part", other, own + ".part", "b" + own, own + "~");
    for (String name : stay) {
      Files.write(folder.resolve(name), new byte[3]);
    }
    Files.write(folder.resolve(own), new byte[3]);
    AtomicFiles.tidy(folder.resolve("a.png"));
    assertThat(names()).containsExactlyInAnyOrderElementsOf(stay);
  }

  @Test
  void aRootIsNoFile() {
    Path root = folder.getRoot();
    assertThatThrownBy(() -> AtomicFiles.write(root, channel -> {}))
        .isInstanceOf(IOException.class)
        .hasMessage(root + " is a folder, expected a file");
    assertThatThrownBy(() -> AtomicFiles.tidy(root))
        .isInstanceOf(IOException.class)
        .hasMessage(root + " is a folder, expected a file");
  }

  @Test
  void whatCannotBeWrittenIsNamedAsItWasGiven() throws IOException {
    Path within = Files.createDirectories(folder.resolve("a.png"));
    Path file = Files.createFile(folder.resolve("file"));
    for (Path target : List.of(within, file.resolve("deep/er.png"))) {
      assertThatThrownBy(() -> AtomicFiles.check(target))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith((target.equals(within) ? within : file).toString());
      assertThatThrownBy(() -> AtomicFiles.write(target, channel -> {}))
          .hasMessageStartingWith((target.equals(within) ? within : file).toString());
    }
    AtomicFiles.check(folder.resolve("new/deep/b.png"));
    Path long300 = folder.resolve("b".repeat(300));
    assertThatThrownBy(() -> AtomicFiles.write(long300, channel -> {}))
        .isInstanceOf(FileSystemException.class)
        .hasMessageStartingWith(long300 + ": ");
    assertThat(names()).containsExactly("a.png", "file");
  }

  @Test
  void whatAnotherThreadWritesStays() throws IOException {
    Path target = folder.resolve("a.png");
    AtomicFiles.write(
        target,
        channel -> {
          AtomicFiles.tidy(target);
          assertThat(names()).hasSize(1);
          channel.write(ByteBuffer.wrap(new byte[5]));
        });
    assertThat(names()).containsExactly("a.png");
  }

  @Test
  void whatAnotherProcessWritesStaysUntilItIsKilled() throws Exception {
    Path target = folder.resolve("a.png");
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Slow.class.getName(),
                target.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(other.getInputStream().read()).as("it has begun").isEqualTo('!');
      AtomicFiles.tidy(target);
      assertThat(names()).singleElement().asString().startsWith(".a.png.").endsWith(".part");
    } finally {
      other.destroyForcibly().waitFor();
    }
    AtomicFiles.tidy(target);
    assertThat(names()).isEmpty();
  }

  /** Begins to write a file, says so and waits. */
  static final class Slow {
    private Slow() {}

    public static void main(String[] file) throws IOException {
      AtomicFiles.write(
          Path.of(file[0]),
          channel -> {
            channel.write(ByteBuffer.wrap(new byte[3]));
            System.out.print('!');
            System.out.flush();
            System.in.read();
          });
    }
  }

  /** A folder may hold a million files. */
  @Test
  void aFolderIsListedOnce() throws Exception {
    AtomicFiles.Leftovers leftovers = new AtomicFiles.Leftovers();
    leftovers.remove(folder.resolve("none/a.png"));
    String c = left("c.png");
    for (String name : List.of(left("a.png"), left("b.png"), c)) {
      Files.write(folder.resolve(name), new byte[3]);
    }
    leftovers.remove(folder.resolve("a.png"));
    leftovers.remove(folder.resolve("b.png"));
    assertThat(names()).containsExactly(c);
    // what comes later is of a process that lives
    String later = left("c.png");
    Files.write(folder.resolve(later), new byte[3]);
    leftovers.remove(folder.resolve("c.png"));
    assertThat(names()).containsExactly(later);
  }

  private static String left(String name) {
    return "." + name + "." + UUID.randomUUID() + ".part";
  }
}
