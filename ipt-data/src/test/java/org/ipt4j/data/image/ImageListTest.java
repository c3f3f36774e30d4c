package org.ipt4j.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of images as people and programs write them. */
class ImageListTest {
  @TempDir Path folder;

  @BeforeEach
  void images() throws Exception {
    for (String name :
        new String[] {"a.png", "sub/b.png", "café.png", "смех.png", "写真.png", "c (2).png"}) {
      ImageFiles.write(Images.constant(4, 4, 7), folder.resolve(name));
    }
  }

  private Stream<String> read(String list, byte[] content) throws Exception {
    Files.write(folder.resolve(list), content);
    ImageSource source = ImageSource.open(folder.resolve(list));
    for (int i = 0; i < source.size(); i++) {
      assertThat(source.image(i)).as(source.name(i)).isEqualTo(Images.constant(4, 4, 7));
    }
    return IntStream.range(0, source.size()).mapToObj(source::name);
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-8, café.png 写真.png",
    "UTF-16, café.png 写真.png",
    "ISO-8859-1, café.png",
    "windows-1252, café.png",
    "windows-1251, смех.png",
    "windows-31j, 写真.png",
    "GB18030, 写真.png",
    "IBM437, café.png",
  })
  void encodings(String encoding, String others) throws Exception {
    String text = "a.png\r\n" + others.replace(" ", "\r\n") + "\r\nsub\\b.png";
    assertThat(read("list.txt", text.getBytes(Charset.forName(encoding))))
        .containsExactly(("a.png " + others + " sub/b.png").split(" "));
  }

  @Test
  void byteOrderMarks() throws Exception {
    byte[] marked = "\uFEFFa.png\nsub/b.png\n".getBytes(StandardCharsets.UTF_8);
    assertThat(read("marked.txt", marked)).containsExactly("a.png", "sub/b.png");
    byte[] little = "\uFEFFa.png\n".getBytes(StandardCharsets.UTF_16LE);
    assertThat(read("little.txt", little)).containsExactly("a.png");
    byte[] comment = "\uFEFF# mine\na.png".getBytes(StandardCharsets.UTF_8);
    assertThat(read("comment.TXT", comment)).containsExactly("a.png");
  }

  @Test
  void aLineThatIsNoPathIsAnImageThatCannotBeRead() throws Exception {
    Path list = folder.resolve("list.txt");
    Files.writeString(list, "# mine\na.png\nx\0.png\nsub/b.png\n");
    ImageSource source = ImageSource.open(list);
    assertThat(IntStream.range(0, source.size()).mapToObj(source::name))
        .containsExactly("a.png", "x?.png", "sub/b.png");
    assertThat(source.image(2)).isEqualTo(source.image(0));
    assertThatThrownBy(() -> source.image(1))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageMatching("x\\?\\.png: line 3 of .*list\\.txt is no path here \\(Nul.*\\)");
  }

  /** A list in UTF-8, where Java makes no paths that are not of ASCII. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void theLocaleIsNamedWhereItIsTheReason() throws Exception {
    Files.writeString(folder.resolve("list.txt"), "a.png\ncafé.png\n写真.png\nsub/b.png\n");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Reader.class.getName(),
            folder.resolve("list.txt").toString());
    builder.environment().put("LC_ALL", "C");
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said.lines().toList())
        .anyMatch(
            line ->
                line.matches(
                    ".*line 2 of .*list\\.txt is no path here \\(the locale's encoding, ANSI_X3.4-1968,"
                        + " cannot write it; LC_ALL=C.UTF-8 can\\)"))
        .anyMatch(line -> line.contains("line 3 of "))
        .contains("read 2 of 4");
  }

  /** Reads all that a list names. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] args) throws IOException {
      ImageSource source = ImageSource.open(Path.of(args[0]));
      int read = 0;
      for (int i = 0; i < source.size(); i++) {
        try {
          read += source.image(i).width() == 4 ? 1 : 0;
        } catch (UnreadableImageException e) {
          System.out.println(e.getMessage());
        }
      }
      System.out.println("read " + read + " of " + source.size());
    }
  }

  @Test
  void linesOfBasicSr() throws Exception {
    String text = "a.png (480,480,3)\nsub/b.png (4, 4)\n c (2).png  (4,4,1) \n";
    assertThat(read("meta_info.Txt", text.getBytes(StandardCharsets.UTF_8)))
        .containsExactly("a.png", "sub/b.png", "c (2).png");
  }
}
