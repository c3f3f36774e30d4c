package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How commands show what they do, in a log and on a terminal. */
class ProgressTest {
  @TempDir Path folder;

  @Test
  void aLineForATerminal() {
    Duration left = Duration.ofSeconds(3725);
    assertThat(new ProgressLine("restore", "1.2/2.4 MP", 0.5, left, "1/2 a.png").drawn(80))
        .isEqualTo(
            "restore  50% [==============>              ] 1.2/2.4 MP, 1:02:05 left, 1/2 a.png");
    String name = "12/20 a very long name of a photograph with a number at its end 0042.jpeg";
    String line = new ProgressLine("restore", "101.2/102.4 MP", 0.98, left, name).drawn(80);
    assertThat(line)
        .hasSize(80)
        .contains("restore  98% [=============>] 101.2/102.4 MP, 1:02:05 left, 12/20 a ");
    assertThat(new ProgressLine("restore", "0.0/0.1 MP", 0, null, name).drawn(120))
        .hasSize(120)
        .contains("restore   0% [>             ] 0.0/0.1 MP, ? left, 12/20 a very")
        .endsWith("~0042.jpeg");
    for (int width = 1; width < 130; width++) {
      assertThat(new ProgressLine("x", "1/1", 1, left, name).drawn(width).length())
          .isLessThanOrEqualTo(width);
    }
  }

  @Test
  void aLogHasALineNowAndThen() throws InterruptedException {
    StringWriter log = new StringWriter();
    try (Progress progress =
        new Progress("restore", "%.0f/%.0f", 100, new PrintWriter(log), Duration.ofMillis(200))) {
      long end = System.nanoTime() + Duration.ofMillis(1000).toNanos();
      progress.at("7/8 a.png");
      for (int i = 0; System.nanoTime() < end; i++) {
        progress.to(i % 100);
        if (i == 3) {
          progress.fail("a.png: broken");
        }
        Thread.sleep(1);
      }
    }
    assertThat(log.toString()).doesNotContain("\r", "\033");
    List<String> lines = log.toString().lines().toList();
    assertThat(lines).hasSizeBetween(2, 6).first().isEqualTo("a.png: broken");
    assertThat(lines.get(1)).matches("restore: \\d+/100, (\\?|0:00:0\\d) left, 7/8 a.png");
  }

  @Test
  void imagesThatWillBeRefusedAreNothingToDo() {
    Path any = Path.of("a.png");
    ImageSize huge = new ImageSize(60_000, 40_000);
    assertThat(new EachImage.Job(any, any, ImageFormat.PNG, huge).megapixels()).isZero();
    assertThat(new EachImage.Job(any, any, ImageFormat.PNG, null).megapixels()).isZero();
    ImageSize usual = new ImageSize(3000, 4000);
    assertThat(new EachImage.Job(any, any, ImageFormat.PNG, usual).megapixels()).isEqualTo(12);
  }

  private List<String> restore() throws IOException {
    List<Task> tasks = List.of(new Task("x2", 2));
    IptModel.create(IptConfig.preset("nano"), tasks, 1)
        .save(folder.resolve("m.safetensors"), Map.of());
    Image image = new DeadLeaves(1, 1, 90, 130).image(0);
    for (int i = 0; i < 3; i++) {
      ImageFiles.write(image, folder.resolve("in/" + i + ".png"));
      Files.writeString(folder.resolve("in/" + i + "-broken.png"), "no image");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+IgnoreUnrecognizedVMOptions"); // for the next, which newer Javas have
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Restore.class.getName()));
    command.addAll(List.of("--model", folder.resolve("m.safetensors") + "", "--task", "x2"));
    command.addAll(List.of("-o", folder.resolve("out") + "", folder.resolve("in") + ""));
    return command;
  }

  private String output(List<String> command) throws Exception {
    Path output = folder.resolve("output");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("TERM", "xterm");
    builder.environment().keySet().removeIf(name -> name.startsWith("OPENBLAS_")); // is warned of
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return Files.readString(output);
  }

  @Test
  void nothingIsDrawnIntoALog() throws Exception {
    String log = output(restore());
    assertThat(log).doesNotContain("\r", "\033");
    assertThat(log.lines().filter(line -> !line.startsWith("restore: "))) // of a slow machine
        .hasSize(4)
        .startsWith(
            folder + "/in/0-broken.png: not an image of a known format",
            folder + "/in/1-broken.png: not an image of a known format",
            folder + "/in/2-broken.png: not an image of a known format")
        .last()
        .asString()
        .startsWith("3 of 6 restored to " + folder + "/out: 0.0 megapixels in ");
  }

  @Test
  void failuresStayVisibleOnATerminal() throws Exception {
    Path script = Path.of("/usr/bin/script");
    assumeTrue(Files.isExecutable(script) && Files.exists(Path.of("/proc/self"))); // util-linux's
    String command =
        restore().stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    String drawn =
        output(
            List.of(script.toString(), "-qec", "stty cols 150 rows 40; " + command, "/dev/null"));
    assertThat(drawn).as("it is drawn on").contains("\r\033[K" + "restore ");
    List<String> screen = Screen.after(drawn);
    String failures =
        IntStream.range(0, 3)
            .mapToObj(i -> folder + "/in/" + i + "-broken.png: not an image of a known format")
            .collect(Collectors.joining("\n"));
    assertThat(String.join("\n", screen))
        .containsSubsequence(failures, "restore 100% [====", "0.0/0.0 MP", failures)
        .contains("\n3 of 6 restored to ");
  }

  /** What is to be seen on a terminal in the end; it has as many columns as are needed. */
  private static final class Screen {
    private static final Pattern CONTROL = Pattern.compile("\033\\[\\??(\\d*)([A-Za-z])|\033.");

    static List<String> after(String output) {
      List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
      int row = 0;
      int column = 0;
      Matcher control = CONTROL.matcher(output);
      for (int i = 0; i < output.length(); i++) {
        char c = output.charAt(i);
        StringBuilder line = lines.get(row);
        if (c == '\r') {
          column = 0;
        } else if (c == '\n') {
          if (++row == lines.size()) {
            lines.add(new StringBuilder());
          }
        } else if (c == '\033' && control.region(i, output.length()).lookingAt()) {
          String kind = String.valueOf(control.group(2));
          if (kind.equals("A")) {
            row -= control.group(1).isEmpty() ? 1 : Integer.parseInt(control.group(1));
          } else if (kind.equals("K") || kind.equals("J")) {
            line.setLength(Math.min(column, line.length()));
          }
          if (kind.equals("J")) {
            lines.subList(row + 1, lines.size()).forEach(below -> below.setLength(0));
          }
          i = control.end() - 1;
        } else {
          while (line.length() <= column) {
            line.append(' ');
          }
          line.setCharAt(column++, c);
        }
      }
      return lines.stream().map(line -> line.toString().stripTrailing()).toList();
    }
  }
}
