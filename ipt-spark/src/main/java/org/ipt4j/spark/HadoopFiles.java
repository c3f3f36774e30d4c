package org.ipt4j.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Files on any file system that Hadoop knows, by their URIs; travels to executors. A file that is
 * written here is complete or absent.
 */
final class HadoopFiles implements Serializable {
  private static final long serialVersionUID = 1;

  private final HashMap<String, String> settings = new HashMap<>();
  private final String working;
  private transient Configuration configuration;

  /** As the driver sees them, relative ones too. */
  HadoopFiles(JavaSparkContext spark) throws IOException {
    working = FileSystem.get(spark.hadoopConfiguration()).getWorkingDirectory().toString();
    spark.hadoopConfiguration().forEach(entry -> settings.put(entry.getKey(), entry.getValue()));
  }

  private synchronized Configuration configuration() {
    if (configuration == null) {
      configuration = new Configuration(false);
      settings.forEach(configuration::set);
    }
    return configuration;
  }

  private Path path(String file) {
    return new Path(new Path(working), file);
  }

  /** Without the checksums that Hadoop otherwise puts beside local files. */
  private FileSystem of(Path file) throws IOException {
    FileSystem system = file.getFileSystem(configuration());
    return system instanceof LocalFileSystem local ? local.getRawFileSystem() : system;
  }

  /** The whole URI of a file or folder; only that of a file system's root ends in a slash. */
  String qualified(String file) throws IOException {
    Path path = path(file);
    Path whole = path.getFileSystem(configuration()).makeQualified(path);
    return whole.toUri().getPath().isEmpty() ? whole + Path.SEPARATOR : whole.toString();
  }

  /** The URI of what is in a folder. */
  static String in(String folder, String name) {
    return folder.endsWith(Path.SEPARATOR) ? folder + name : folder + Path.SEPARATOR + name;
  }

  boolean exists(String file) throws IOException {
    return of(path(file)).exists(path(file));
  }

  boolean isFolder(String file) throws IOException {
    try {
      return of(path(file)).getFileStatus(path(file)).isDirectory();
    } catch (FileNotFoundException none) {
      return false;
    }
  }

  /**
   * The names of a folder's files and of all folders' within, relative to it, in their order; none
   * if there is no such folder.
   *
   * @param leftOut a folder that is not looked into, or null
   */
  List<String> below(String folder, String leftOut) throws IOException {
    String start = in(qualified(folder), "");
    String never = leftOut == null ? null : in(qualified(leftOut), "");
    List<String> names = new ArrayList<>();
    walk(
        folder,
        file -> {
          String name = file.getPath().toString();
          if (never == null || !name.startsWith(never)) {
            names.add(name.substring(start.length()));
          }
        });
    names.sort(Comparator.naturalOrder());
    return names;
  }

  private void walk(String folder, Consumer<FileStatus> files) throws IOException {
    Path root = new Path(qualified(folder));
    if (isFolder(folder)) {
      RemoteIterator<LocatedFileStatus> all = of(root).listFiles(root, true);
      while (all.hasNext()) {
        files.accept(all.next());
      }
    }
  }

  /** A file's bytes. */
  byte[] bytes(String file) throws IOException {
    try (InputStream in = of(path(file)).open(path(file))) {
      return in.readAllBytes();
    }
  }

  /** Copies a file to this machine. */
  void fetch(String file, java.nio.file.Path local) throws IOException {
    try (InputStream in = of(path(file)).open(path(file))) {
      Files.copy(in, local);
    }
  }

  void delete(String file) throws IOException {
    of(path(file)).delete(path(file), true);
  }

  /** Writes a text, complete or not at all. */
  void write(String text, String target) throws IOException {
    publish(out -> out.write(text.getBytes(StandardCharsets.UTF_8)), target);
  }

  /** Puts a file of this machine into its place, complete or not at all. */
  void publish(java.nio.file.Path local, String target) throws IOException {
    publish(out -> Files.copy(local, out), target);
  }

  private interface Content {
    void writeTo(FSDataOutputStream out) throws IOException;
  }

  /**
   * Object stores have a file when it is closed, or not; elsewhere it is written beside its place,
   * flushed and renamed. Many may do so at once with the same target: each has its own beside.
   */
  private void publish(Content content, String file) throws IOException {
    Path target = new Path(qualified(file));
    FileSystem system = of(target);
    if (system.hasPathCapability(target, CommonPathCapabilities.ABORTABLE_STREAM)) {
      FSDataOutputStream out = system.create(target, true);
      try {
        content.writeTo(out);
      } catch (IOException | RuntimeException failure) {
        out.abort();
        throw failure;
      }
      out.close();
      return;
    }
    system.mkdirs(target.getParent());
    Path beside = new Path(target.getParent(), unfinished());
    try {
      try (FSDataOutputStream out = system.create(beside, false)) {
        content.writeTo(out);
        out.hsync();
      }
      move(system, beside, target);
    } catch (IOException | RuntimeException failure) {
      try {
        system.delete(beside, false);
      } catch (IOException left) {
        failure.addSuppressed(left);
      }
      throw failure;
    }
  }

  private void move(FileSystem system, Path from, Path to) throws IOException {
    if (system
        instanceof RawLocalFileSystem local) { // FileContext would remove what is there first
      Files.move(
          local.pathToFile(from).toPath(),
          local.pathToFile(to).toPath(),
          StandardCopyOption.ATOMIC_MOVE);
    } else {
      FileContext.getFileContext(to.toUri(), configuration())
          .rename(from, to, Options.Rename.OVERWRITE);
    }
  }

  private static String unfinished() {
    return ".ipt-" + UUID.randomUUID() + ".part";
  }

  /** Removes what killed executors have left half-written; to be called when none writes. */
  void tidy(String folder) throws IOException {
    List<Path> left = new ArrayList<>();
    walk(
        folder,
        file -> {
          if (file.getPath().getName().matches("\\.ipt-[0-9a-f-]{36}\\.part")) {
            left.add(file.getPath());
          }
        });
    for (Path file : left) {
      of(file).delete(file, false);
    }
  }

  /** A task's own folder on this machine. */
  static final class Scratch implements AutoCloseable {
    private final java.nio.file.Path folder;

    /** In the executor's folder, which goes with it if it is killed. */
    Scratch() throws IOException {
      folder =
          Files.createTempDirectory(java.nio.file.Path.of(SparkFiles.getRootDirectory()), "ipt");
    }

    java.nio.file.Path file(String name) {
      return folder.resolve(name);
    }

    @Override
    public void close() throws IOException {
      try (Stream<java.nio.file.Path> all = Files.walk(folder)) {
        for (java.nio.file.Path file : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
