package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.ipt4j.core.Workers;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ipt restore} takes, writes, refuses and leaves. */
class RestoreTest {
  @TempDir Path folder;
  private Image image;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void prepare() throws IOException {
    image = new DeadLeaves(1, 1, 20, 30).image(0);
    List<Task> tasks = List.of(new Task("denoise30", 1), new Task("x2", 2));
    IptModel.create(IptConfig.preset("nano"), tasks, 1)
        .save(folder.resolve("m.safetensors"), Map.of());
    for (String name : List.of("in/a.png", "in/deep/er/b.bmp", "in/deep/c.tif", "in/d.jpg")) {
      ImageFiles.write(image, folder.resolve(name));
    }
    Files.writeString(folder.resolve("in/deep/notes.txt"), "no image");
  }

  private int restore(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of("-o", folder.resolve("out") + ""));
    all.addAll(Arrays.asList(arguments));
    return restored(all.toArray(String[]::new));
  }

  private int restored(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--model", folder.resolve("m.safetensors") + ""));
    all.addAll(Arrays.asList(arguments));
    return Commands.commandLine(new Restore())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private List<String> written() throws IOException {
    Path root = folder.resolve("out");
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }

  @Test
  void aFolderKeepsItsStructureAndFormats() throws IOException {
    assertThat(restore("--task", "x2", folder.resolve("in") + "")).as("%s", err).isZero();
    assertThat(out.toString()).contains("4 of 4 restored");
    assertThat(written()).containsExactly("a.png", "d.jpg", "deep/c.tif", "deep/er/b.bmp");
    for (String name : written()) {
      assertThat(ImageFiles.size(folder.resolve("out").resolve(name)))
          .isEqualTo(new ImageSize(40, 60));
    }
  }

  /** Latin-1, which is no text in UTF-8. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void namesAreKeptByteByByte() throws Exception {
    String copies = "for o in 344 366; do cp in/a.png \"in/deep/$(printf \"n\\\\$o\").png\"; done";
    Process shell = new ProcessBuilder("sh", "-c", copies).directory(folder.toFile()).start();
    assertThat(shell.waitFor()).isZero();
    assertThat(names("in/deep")).hasSize(5);
    assertThat(restore("--task", "x2", folder.resolve("in/*/*.png") + "")).as("%s", err).isZero();
    assertThat(names("in/deep")).containsAll(names("out/deep")).hasSize(5);
    assertThat(names("out/deep")).hasSize(2);
  }

  private List<Path> names(String within) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(within))) {
      return files.map(Path::getFileName).toList();
    }
  }

  @Test
  void patternsAreResolvedWhereTheShellDoesNot() throws IOException {
    assertThat(restore("--task", "denoise30", folder + "/in/**.{tif,bmp}")).isZero();
    assertThat(written()).containsExactly("deep/c.tif", "deep/er/b.bmp");
    assertThat(ImageFiles.read(folder.resolve("out/deep/c.tif"))).isEqualTo(image);
    assertThat(restore("--task", "denoise30", "--force", folder + "/in/*.png")).isZero();
    assertThat(written()).contains("a.png");
    assertThat(restore("--task", "denoise30", folder + "/in/*.gif")).isEqualTo(2);
    assertThat(err.toString()).contains("/in/*.gif: no images");
  }

  @Test
  void oneLineForEachFailureWhileTheRestGoOn() throws IOException {
    Files.writeString(folder.resolve("in/broken.png"), "no image");
    String missing = folder.resolve("none.png") + "";
    assertThat(restore("--task", "x2", missing, folder.resolve("in") + "")).isEqualTo(2);
    assertThat(out.toString()).contains("4 of 6 restored");
    assertThat(err.toString())
        .contains("none.png: no such file", "broken.png: not an image of a known format")
        .contains("1 other file is not read: notes.txt")
        .hasLineCount(3);
    assertThat(written()).hasSize(4);
  }

  @Test
  void aRepairedImageIsRestoredWithALine() throws IOException {
    byte[] whole = Files.readAllBytes(folder.resolve("in/d.jpg"));
    byte[] damaged = Arrays.copyOf(whole, whole.length + 40); // ahead of the mark of the end
    System.arraycopy(whole, whole.length - 2, damaged, damaged.length - 2, 2);
    Arrays.fill(damaged, whole.length - 2, damaged.length - 2, (byte) 1);
    Path input = Files.write(folder.resolve("in/d.jpg"), damaged);
    assertThat(restore("--task", "x2", input + "")).as("%s", err).isZero();
    assertThat(err.toString()).startsWith(input + ": damaged, and repaired (").hasLineCount(1);
    assertThat(written()).containsExactly("d.jpg");
  }

  @Test
  void namesAsLongAsCanBeAreWritten() throws IOException {
    String name = "L".repeat(250) + ".png";
    Path input = Files.copy(folder.resolve("in/a.png"), folder.resolve("in/" + name));
    assertThat(restore("--task", "x2", input + "")).as("%s", err).isZero();
    assertThat(written()).containsExactly(name);
  }

  @Test
  void nothingIsReplacedUnlessForced() throws IOException {
    Path there = folder.resolve("out/a.png");
    Files.createDirectories(there.getParent());
    Files.writeString(there, "mine");
    Files.writeString(
        there.resolveSibling(".a.png.8f14e45f-ceea-467f-a8d5-1f2a3b4c5d6e.part"),
        "left by a killed process");
    String input = folder.resolve("in/a.png") + "";
    assertThat(restore("--task", "x2", input)).isEqualTo(2);
    assertThat(err.toString())
        .contains("in/a.png: ", "a.png exists already and is not this image's result; --force")
        .hasLineCount(1);
    assertThat(there).hasContent("mine");
    assertThat(restore("--task", "x2", "--force", input)).isZero();
    assertThat(written()).containsExactly("a.png");
    assertThat(ImageFiles.read(there).height()).isEqualTo(40);
  }

  @Test
  void theDegradedImageIsNeverReplaced() throws IOException {
    Path input = folder.resolve("out/own.png");
    ImageFiles.write(image, input);
    assertThat(restore("--task", "x2", "--force", input + "")).isEqualTo(2);
    assertThat(err.toString()).contains("would replace the image itself");
    assertThat(ImageFiles.read(input)).isEqualTo(image);
  }

  @Test
  void noOtherImageIsReplacedEither() throws IOException {
    Path other = folder.resolve("in/a.png");
    Image unlike = new DeadLeaves(2, 1, 20, 30).image(0).quantised();
    Path input = folder.resolve("in/deep/a.png");
    ImageFiles.write(unlike, input);
    Path in = folder.resolve("in");
    for (String force : List.of("--force", "--overlap=0")) {
      String[] all = {"--task", "denoise30", force, "-o", in + "", input + "", in + "/./a.png"};
      assertThat(restored(all)).isEqualTo(2);
      assertThat(err.toString())
          .contains(input + ": would replace another of the images, ", "; give another --out")
          .hasLineCount(1);
      assertThat(ImageFiles.read(other)).isEqualTo(image);
      err.getBuffer().setLength(0);
    }
  }

  @Test
  void aPatternThatIsNoneIsOneLineAndTheOthersGoOn() throws IOException {
    String bad = folder + "/in/[a.png";
    assertThat(restore("--task", "x2", bad, folder + "/in/a.png")).isEqualTo(2);
    assertThat(err.toString())
        .contains(bad + ": no file, and no pattern: Missing ']")
        .hasLineCount(1);
    assertThat(written()).containsExactly("a.png");
    assertThat(restore("--task", "x2", "a\0b.png", folder + "/in/a.png")).isEqualTo(2);
    assertThat(err.toString()).contains("no file name: Nul character").hasLineCount(1);
    assertThat(out.toString()).contains("0 of 2 restored", ", 1 there already");
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpg", "JPEG", "tif", "tiff", ".tif", "bmp", "png"})
  void formatIsAsked(String format) throws IOException {
    String input = folder.resolve("in/a.png") + "";
    assertThat(restore("--task", "x2", "--format", format, input)).as("%s", err).isZero();
    ImageFormat expected = ImageFormat.ofEnding(format);
    assertThat(written()).containsExactly("a." + expected.extension());
    assertThat(ImageFiles.format(folder.resolve("out/" + written().get(0)))).isEqualTo(expected);
  }

  @Test
  void unknownFormatsAreOneLine() {
    assertThat(restore("--task", "x2", "--format", "gif", folder + "/in/a.png")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--format", "written as .png, .jpg, .jpeg, .tif, .tiff, .bmp, got gif")
        .hasLineCount(1);
  }

  @Test
  void imagesOfOneNameAllHaveResults() throws IOException {
    ImageFiles.write(image, folder.resolve("in/a.bmp"));
    ImageFiles.write(image, folder.resolve("in/deep/a.png"));
    String[] all = {
      "--task", "x2", "--format", "png", folder + "/in/a.*", folder + "/in/deep/a.png"
    };
    assertThat(restore(all)).as("%s", err).isZero();
    assertThat(written()).containsExactly("a.2.png", "a.bmp.png", "a.png");
    Files.delete(folder.resolve("out/a.png"));
    assertThat(restore(all)).as("%s", err).isZero();
    assertThat(out.toString()).contains("1 of 3 restored", ", 2 there already");
    assertThat(written()).containsExactly("a.2.png", "a.bmp.png", "a.png");
  }

  @Test
  void anImageGivenTwiceIsRestoredOnce() throws IOException {
    String input = folder.resolve("in/a.png") + "";
    assertThat(restore("--task", "x2", input, folder + "/in/deep/../a.png", folder + "/in/*.png"))
        .as("%s", err)
        .isZero();
    assertThat(out.toString()).contains("1 of 1 restored");
    assertThat(written()).containsExactly("a.png");
  }

  /** As after an interruption. */
  @Test
  void resultsThatAreThereAreLeft() throws IOException {
    String in = folder.resolve("in") + "";
    assertThat(restore("--task", "x2", in)).isZero();
    Files.delete(folder.resolve("out/deep/c.tif"));
    FileTime old = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(folder.resolve("out/a.png"), old);
    assertThat(restore("--task", "x2", in)).as("%s", err).isZero();
    assertThat(out.toString())
        .contains("1 of 4 restored", ", 3 there already (--force makes them anew)");
    assertThat(written()).containsExactly("a.png", "d.jpg", "deep/c.tif", "deep/er/b.bmp");
    assertThat(Files.getLastModifiedTime(folder.resolve("out/a.png"))).isEqualTo(old);
    assertThat(restore("--task", "x2", "--force", in)).isZero();
    assertThat(out.toString()).contains("4 of 4 restored").doesNotContain("already");
    assertThat(Files.getLastModifiedTime(folder.resolve("out/a.png"))).isNotEqualTo(old);
    assertThat(restore("--task", "denoise30", in)).as("of another size").isEqualTo(2);
    assertThat(err.toString()).contains("--force replaces it");
  }

  @Test
  void resultsAmongTheImagesAreNoImages() throws IOException {
    Path within = folder.resolve("in/deep/out");
    for (int run = 0; run < 2; run++) {
      out.getBuffer().setLength(0);
      assertThat(restored("--task", "x2", "-o", within + "", "--force", folder.resolve("in") + ""))
          .as("%s", err)
          .isZero();
      assertThat(out.toString()).contains("4 of 4 restored");
    }
    assertThat(within.resolve("a.png")).exists();
    assertThat(within.resolve("deep/out")).doesNotExist();
    assertThat(restored("--task", "x2", "-o", folder + "/in/", folder + "/in/../in")).isEqualTo(2);
    assertThat(err.toString()).contains("results would lie among the images");
  }

  @Test
  void whatIsNoImageIsSaidInOneLine() throws IOException {
    Files.delete(folder.resolve("in/deep/notes.txt"));
    for (String name :
        List.of("IMG_2.HEIC", "IMG_1.heic", "raw.NEF", "b.txt", "c.txt", "d.txt", ".h")) {
      Files.writeString(folder.resolve("in/" + name), "?");
    }
    assertThat(restore("--task", "x2", folder.resolve("in") + "")).as("%s", err).isZero();
    assertThat(err.toString().strip())
        .isEqualTo(
            "6 other files are not read: IMG_1.heic, IMG_2.HEIC, raw.NEF, b.txt, c.txt and 1 more"
                + " (convert HEIC, NEF to PNG or JPEG first)");
    Path none = Files.createDirectories(folder.resolve("none"));
    Files.writeString(none.resolve("IMG_1.HEIC"), "?");
    assertThat(restore("--task", "x2", none + "")).isEqualTo(2);
    assertThat(err.toString().strip())
        .isEqualTo(
            none
                + ": no images; 1 other file is not read: IMG_1.HEIC"
                + " (convert HEIC to PNG or JPEG first)");
    assertThat(out.toString()).as("nothing to sum up").isEmpty();
  }

  @Test
  void settingsReachTheRestorer() throws IOException {
    String input = folder.resolve("in/a.png") + "";
    int cores = Runtime.getRuntime().availableProcessors();
    String[] all = {"--task", "x2", input, "--ensemble", "--overlap", "5", "--batch", "3"};
    assertThat(restore(all)).as("%s", err).isZero();
    assertThat(restore("--task", "x2", input, "--overlap", "12")).isEqualTo(2);
    assertThat(err.toString()).contains("expected an overlap of 0 to 11");
    assertThat(restore("--task", "x2", input, "--threads", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--threads: expected 1 to " + cores + " threads");
  }

  @Test
  void oneThreadIsOneThread() throws IOException {
    String input = folder.resolve("in/a.png") + "";
    assertThat(restore("--task", "x2", input)).isZero();
    long before = CommandRun.timeOfWorkers();
    assertThat(before > 0).as("they work on all cores").isEqualTo(Workers.count() > 1);
    try {
      assertThat(restore("--task", "x2", input, "--force", "--threads", "1", "--profile")).isZero();
      assertThat(Workers.count()).isEqualTo(1);
      assertThat(CommandRun.timeOfWorkers())
          .as("processor time of other threads")
          .isLessThan(before + CommandRun.FALLING_ASLEEP);
      assertThat(out.toString()).contains("GFLOP/s").contains("attention").contains("conv2d");
    } finally {
      Workers.limit(Runtime.getRuntime().availableProcessors());
    }
  }

  /** A JPEG is gathered in memory, before it is written. */
  @Test
  void anImageTooLargeForTheMemoryIsOneLineAndTheOthersAreRestored() throws Exception {
    BufferedImage large = new BufferedImage(6000, 6000, BufferedImage.TYPE_BYTE_GRAY);
    ImageIO.write(large, "jpg", folder.resolve("in/b.jpg").toFile());
    Process process = start("-Xmx140m", folder.resolve("in") + "");
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String log = read(folder.resolve("log"));
    assertThat(process.exitValue()).as(log).isEqualTo(2);
    assertThat(log)
        .containsPattern(
            "in.b.jpg: not enough memory: Java's heap has at most 1[34]\\d MiB; give it more, for"
                + " instance IPT_JAVA_OPTS=-Xmx8g, or take a smaller --batch\\R")
        .contains("4 of 5 restored")
        .doesNotContain("\tat ");
    assertThat(written()).containsExactly("a.png", "d.jpg", "deep/c.tif", "deep/er/b.bmp");
  }

  /** In a process of its own, which restores with x2 and writes to the file {@code log}. */
  private Process start(String setting, String input) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add(setting);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Restore.class.getName()));
    command.addAll(List.of("--model", folder.resolve("m.safetensors") + "", "--task", "x2"));
    command.addAll(List.of("-o", folder.resolve("out") + "", input));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  /** Terminated, nothing is left; killed, nothing by the name of a restored image. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stoppingLeavesNoPartOfAnImage(boolean kill) throws Exception {
    Image large = new DeadLeaves(1, 1, 1500, 2000).image(0);
    ImageFiles.write(large, folder.resolve("large.png"));
    Process process = start("-Xmx1g", folder.resolve("large.png") + "");
    try {
      while (written().isEmpty()) { // until it has begun to write
        assertThat(process.isAlive()).as(() -> read(folder.resolve("log"))).isTrue();
        Thread.sleep(20);
      }
      assertThat(written()).allSatisfy(name -> assertThat(name).startsWith("."));
      if (kill) {
        process.destroyForcibly();
      } else {
        process.destroy();
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    if (kill) {
      assertThat(written()).allSatisfy(name -> assertThat(name).startsWith(".").endsWith(".part"));
    } else {
      assertThat(written()).isEmpty();
      assertThat(read(folder.resolve("log"))).contains("large.png: not restored");
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
