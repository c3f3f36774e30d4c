package org.ipt4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;

/** What tests restore, and with what. */
final class TestFiles {
  static final List<Task> TASKS = List.of(new Task("x2", 2), new Task("denoise30", 1));

  private TestFiles() {}

  /** A tiny model of drawn weights. */
  static String model(Path file) throws IOException {
    IptModel.create(IptConfig.preset("nano"), TASKS, 1).save(file, Map.of());
    return file.toString();
  }

  /** {@code 0.png}, {@code deep/1.png}, {@code 2.png} and so on. */
  static void images(Path folder, int count) throws IOException {
    ImageSource leaves = new DeadLeaves(1, count, 24, 30);
    for (int i = 0; i < count; i++) {
      ImageFiles.write(leaves.image(i), folder.resolve((i % 2 == 1 ? "deep/" : "") + i + ".png"));
    }
  }

  /** The bytes of all files of a folder but those of outcomes, by their names. */
  static Map<String, String> content(Path folder) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString();
        boolean torn = file.getFileName().toString().matches("\\.ipt-.*\\.part"); // by a kill
        if (!name.startsWith("_outcomes/") && !torn) {
          content.put(name, java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
        }
      }
    }
    return content;
  }
}
