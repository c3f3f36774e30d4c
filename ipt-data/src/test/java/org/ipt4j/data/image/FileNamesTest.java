package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files are found and read whatever bytes their names are of, and in threads to be stopped. */
class FileNamesTest {
  @TempDir Path folder;

  /** Names in UTF-8 and in Latin-1: each is no text in one of the locales at least. */
  @ParameterizedTest
  @ValueSource(strings = {"C", "C.UTF-8"})
  @EnabledOnOs(OS.LINUX)
  void filesAreReadInAnyLocale(String locale) throws Exception {
    ImageFiles.write(new DeadLeaves(1, 1, 5, 7).image(0), folder.resolve("a.png"));
    run(
        new ProcessBuilder(
            "sh",
            "-c",
            "u=$(printf 'n\\303\\266'); l=$(printf 'n\\344'); cp a.png $u.png; cp a.png $l.png;"
                + "mkdir $l; cp a.png $l/$u.png; tar cf $u.tar a.png; tar cf $l.tar a.png"),
        "C");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Reader.class.getName(), folder.toString()));
    assertThat(run(new ProcessBuilder(command), locale)).contains("files 4 source 6");
  }

  private String run(ProcessBuilder builder, String locale)
      throws IOException, InterruptedException {
    builder.environment().put("LC_ALL", locale);
    Process process = builder.directory(folder.toFile()).redirectErrorStream(true).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /** Reads all that a folder holds, by Java's paths and as a source. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] args) throws IOException {
      Path folder = Path.of(args[0]);
      int files = 0;
      try (Stream<Path> paths = Files.walk(folder)) {
        for (Path file : paths.filter(ImageFiles::isImage).toList()) {
          ImageSize size = ImageFiles.size(file);
          files += ImageFiles.read(file).height() == 5 && size.width() == 7 ? 1 : 0;
        }
      }
      ImageSource source = ImageSource.open(folder);
      int images = 0;
      for (int i = 0; i < source.size(); i++) {
        images += source.image(i).width() == 7 ? 1 : 0;
      }
      System.out.println("files " + files + " source " + images);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.png", "a.jpg", "a.tif"})
  void anInterruptedThreadReadsAndStaysInterrupted(String name) throws Exception {
    Path file = folder.resolve(name);
    ImageFiles.write(new DeadLeaves(1, 1, 300, 300).image(0), file);
    Thread reader = Thread.currentThread();
    Thread interrupter =
        new Thread(
            () -> {
              while (!Thread.interrupted()) {
                reader.interrupt();
              }
            });
    interrupter.start();
    try {
      for (int i = 0; i < 20; i++) {
        reader.interrupt();
        assertThat(ImageFiles.read(file).height()).isEqualTo(300);
        assertThat(reader.isInterrupted()).isTrue();
      }
    } finally {
      interrupter.interrupt();
      while (interrupter.isAlive()) {
        Thread.onSpinWait();
      }
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
