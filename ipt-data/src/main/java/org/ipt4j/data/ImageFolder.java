package org.ipt4j.data;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** The images of a folder tree. */
final class ImageFolder implements ImageSource {
  private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "bmp", "gif");

  private final Path folder;
  // relative to the folder: a million short names, not a million long ones
  private final List<String> files;

  ImageFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException("not a folder: " + folder);
    }
    this.folder = folder;
    try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      files =
          walk.filter(file -> isImage(file.getFileName().toString()) && Files.isRegularFile(file))
              .map(file -> folder.relativize(file).toString().replace('\\', '/'))
              .sorted(Comparator.naturalOrder())
              .toList();
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException(
          "no image ("
              + String.join(", ", EXTENSIONS.stream().sorted().toList())
              + ") in "
              + folder);
    }
  }

  static boolean isImage(String name) {
    return !name.startsWith(".")
        && EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    return ImageFiles.read(folder.resolve(files.get(index)));
  }

  @Override
  public String name(int index) {
    return files.get(index);
  }
}
