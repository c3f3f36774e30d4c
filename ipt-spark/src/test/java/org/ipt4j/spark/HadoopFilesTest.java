package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HadoopFilesTest {
  private static JavaSparkContext spark;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    spark = Contexts.local(1);
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  @Test
  void manyMayPublishOneFile() throws IOException {
    HadoopFiles files = new HadoopFiles(spark);
    Path target = folder.resolve("new/a.txt");
    String text = "x".repeat(100_000);
    IntStream.range(0, 40)
        .parallel()
        .forEach(
            i -> {
              try {
                files.write(text, target.toString());
              } catch (IOException failure) {
                throw new java.io.UncheckedIOException(failure);
              }
            });
    assertThat(target).hasContent(text);
    assertThat(all()).containsExactly("new/a.txt");
  }

  @Test
  void whatFailsLeavesWhatWasThere() throws IOException {
    HadoopFiles files = new HadoopFiles(spark);
    Path target = folder.resolve("a.txt");
    files.write("first", target.toUri().toString());
    assertThatThrownBy(() -> files.publish(folder.resolve("none"), target.toString()))
        .isInstanceOf(IOException.class);
    assertThat(target).hasContent("first");
    assertThat(all()).containsExactly("a.txt");
  }

  @Test
  void relativeNamesAreTheDrivers() throws IOException {
    HadoopFiles files = new HadoopFiles(spark);
    String here = "file:" + Path.of("").toAbsolutePath();
    assertThat(files.qualified("a/b")).isEqualTo(here + "/a/b");
    assertThat(files.qualified("/a/b")).isEqualTo("file:/a/b");
    assertThat(files.qualified("file:///a/b")).isEqualTo("file:/a/b");
    assertThat(files.exists("pom.xml")).isTrue();
    assertThat(HadoopImages.of(files, "../docs").folder()).startsWith("file:/").endsWith("docs");
  }

  @Test
  void namesComeInOrderWithoutAFolder() throws IOException {
    HadoopFiles files = new HadoopFiles(spark);
    for (String name : List.of("b.txt", "a/c.txt", "out/d.txt", "out2/e.txt", "ä ö.txt")) {
      files.write(name, folder.resolve(name).toString());
    }
    assertThat(files.below(folder.toString(), folder.resolve("out").toString()))
        .containsExactly("a/c.txt", "b.txt", "out2/e.txt", "ä ö.txt");
    assertThat(files.below(folder + "/none", null)).isEmpty();
  }

  private List<String> all() throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return found
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
