package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
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

  /** A folder under a name of its own. */
  public static final class Bucket extends RawLocalFileSystem {
    private static Path photos;

    @Override
    public URI getUri() {
      return URI.create("bucket://photos");
    }

    @Override
    public File pathToFile(org.apache.hadoop.fs.Path path) {
      return new File(photos.toFile(), path.toUri().getPath());
    }

    @Override
    public FileStatus getFileStatus(org.apache.hadoop.fs.Path path) throws IOException {
      FileStatus local = super.getFileStatus(path);
      return new FileStatus(local.getLen(), local.isDirectory(), 1, 0, 0, makeQualified(path));
    }
  }

  @Test
  void aRootIsAFolder() throws IOException {
    Bucket.photos = folder;
    spark.hadoopConfiguration().setClass("fs.bucket.impl", Bucket.class, FileSystem.class);
    HadoopFiles files = new HadoopFiles(spark);
    files.write("1", folder.resolve("0.png").toString());
    files.write("2", folder.resolve("deep/1.png").toString());
    for (String root : List.of("bucket://photos", "bucket://photos/")) {
      assertThat(files.qualified(root)).isEqualTo("bucket://photos/");
      assertThat(files.below(root, null)).containsExactly("0.png", "deep/1.png");
      assertThat(files.below(root, root + "/deep")).containsExactly("0.png");
    }
    assertThat(HadoopFiles.in("bucket://photos/", "0.png")).isEqualTo("bucket://photos/0.png");
    assertThat(HadoopFiles.in(files.qualified("file:/"), "a")).isEqualTo("file:/a");
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
