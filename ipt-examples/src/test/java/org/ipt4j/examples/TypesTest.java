package org.ipt4j.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/TYPES.md says of each public type of the library what its Javadoc says first. */
class TypesTest {
  private static final Path ROOT = Path.of("..");
  private static final List<String> MODULES =
      List.of(
          "ipt-weights",
          "ipt-core",
          "ipt-cuda",
          "ipt-data",
          "ipt-heads",
          "ipt-transformer",
          "ipt-tails",
          "ipt-contrastive",
          "ipt-model",
          "ipt-pretrained",
          "ipt-onnx",
          "ipt-training",
          "ipt-web",
          "ipt-cli",
          "ipt-ui",
          "ipt-spark");
  private static final Pattern TYPE =
      Pattern.compile(
          "/\\*\\*((?:(?!\\*/).)*)\\*/\\s*(?:@[^\\n]*\\n)*public (?:final |abstract |sealed )*"
              + "(?:class|record|interface|enum|@interface) (\\w+)",
          Pattern.DOTALL);

  @Test
  void everyPublicTypeIsListedWithItsFirstSentence() throws IOException {
    String expected = text();
    Path made = Path.of("target", "TYPES.md");
    Files.createDirectories(made.getParent());
    Files.writeString(made, expected);
    assertThat(Files.readString(ROOT.resolve("docs/TYPES.md"), UTF_8))
        .as("the build made the right text: ipt-examples/%s", made)
        .isEqualTo(expected);
  }

  private static String text() throws IOException {
    StringBuilder text = new StringBuilder("# The public types\n");
    for (String module : MODULES) {
      Map<String, Map<String, String>> packages = new TreeMap<>();
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          read(file, packages);
        }
      }
      text.append("\n## `").append(module).append("`\n");
      packages.forEach(
          (name, types) -> {
            text.append("\n`").append(name).append("`\n\n");
            types.forEach((type, first) -> text.append(line(type, first)));
          });
    }
    return text.toString();
  }

  private static void read(Path file, Map<String, Map<String, String>> packages)
      throws IOException {
    String source = Files.readString(file, UTF_8);
    Matcher type = TYPE.matcher(source);
    if (type.find() && file.endsWith(type.group(2) + ".java")) {
      Matcher name = Pattern.compile("package ([\\w.]+);").matcher(source);
      name.find();
      packages
          .computeIfAbsent(name.group(1), p -> new TreeMap<>())
          .put(type.group(2), firstSentence(type.group(1)));
    }
  }

  private static String firstSentence(String javadoc) {
    String plain =
        javadoc
            .replaceAll("\\n\\s*\\*", " ")
            .replaceAll("\\{@\\w+ #?([^}]*)}", "`$1`")
            .replaceAll("\\s+", " ")
            .strip();
    Matcher sentence =
        Pattern.compile("^(.*?(?<!\\bal|\\b[A-Z])[.])(?: [A-Z<@].*|$)").matcher(plain);
    return sentence.find() ? sentence.group(1) : plain;
  }

  private static String line(String type, String first) {
    return "- **" + type + "**: " + first + "\n";
  }
}
