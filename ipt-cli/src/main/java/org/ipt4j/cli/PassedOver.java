package org.ipt4j.cli;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Says which files of a folder are no images that are read; photographs among them come first. */
final class PassedOver {
  private static final int NAMED = 5;
  private static final Set<String> PHOTOGRAPHS =
      Set.of(
          "heic", "heif", "hif", "avif", "jxl", "jp2", "psd", "dng", "cr2", "cr3", "nef", "arw",
          "raf", "orf", "rw2", "pef", "srw");

  private PassedOver() {}

  /** What to add behind a sentence; nothing if there are none. */
  static String behind(List<Path> files) {
    return files.isEmpty() ? "" : "; " + line(files);
  }

  /** One line. */
  static String line(List<Path> files) {
    List<Path> photographsFirst =
        files.stream()
            .sorted(
                Comparator.comparing((Path file) -> !isPhotograph(file))
                    .thenComparing(file -> file))
            .toList();
    String names =
        photographsFirst.stream()
            .limit(NAMED)
            .map(file -> file.getFileName().toString())
            .collect(Collectors.joining(", "));
    String endings =
        files.stream()
            .filter(PassedOver::isPhotograph)
            .map(file -> ending(file).toUpperCase(Locale.ROOT))
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%d %s not read: %s%s%s",
        files.size(),
        files.size() == 1 ? "other file is" : "other files are",
        names,
        files.size() > NAMED ? " and " + (files.size() - NAMED) + " more" : "",
        endings.isEmpty() ? "" : " (convert " + endings + " to PNG or JPEG first)");
  }

  private static boolean isPhotograph(Path file) {
    return PHOTOGRAPHS.contains(ending(file));
  }

  private static String ending(Path file) {
    String name = file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
