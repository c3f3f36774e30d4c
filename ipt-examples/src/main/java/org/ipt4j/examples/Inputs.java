package org.ipt4j.examples;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;
import org.ipt4j.data.ImageFiles;

/**
 * The files that arguments stand for: a file itself, a folder's images and those of the folders
 * within it, or what a pattern such as {@code photos/*.png} or {@code photos/**.jpg} names where
 * the shell has not resolved it.
 */
record Inputs(List<Input> files, List<String> failures) {
  /**
   * A file, and its place below the folder that was given.
   *
   * @param place the file's name, for a file that was given itself
   */
  record Input(Path file, Path place) {}

  /** What cannot be listed becomes a failure, one line, among what can. */
  static Inputs of(List<String> arguments) throws IOException {
    Inputs inputs = new Inputs(new ArrayList<>(), new ArrayList<>());
    for (String argument : arguments) {
      if (!isThere(argument) && argument.matches(".*[*?\\[{].*")) {
        inputs.addPattern(argument);
      } else if (Files.isDirectory(Path.of(argument))) {
        inputs.addBelow(Path.of(argument), ImageFiles::isImage, argument);
      } else {
        Path file = Path.of(argument);
        inputs.files.add(new Input(file, file.getFileName()));
      }
    }
    return inputs;
  }

  // a name with a star may be a file's, and on Windows is no path
  private static boolean isThere(String argument) {
    try {
      return Files.exists(Path.of(argument));
    } catch (InvalidPathException noName) {
      return false;
    }
  }

  // the folders ahead of the first name with a wildcard are where to look
  private void addPattern(String pattern) throws IOException {
    String slashed = pattern.replace(File.separatorChar, '/');
    int fixed = slashed.replaceFirst("[*?\\[{].*", "").lastIndexOf('/') + 1;
    Path root = Path.of(slashed.substring(0, fixed));
    PathMatcher matcher =
        FileSystems.getDefault().getPathMatcher("glob:" + slashed.substring(fixed));
    Path start = fixed == 0 ? Path.of(".") : root;
    addBelow(start, file -> matcher.matches(start.relativize(file)), pattern);
  }

  private void addBelow(Path folder, Predicate<Path> wanted, String argument) throws IOException {
    List<Input> found = new ArrayList<>();
    Files.walkFileTree(
        folder,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && wanted.test(file)) {
              found.add(new Input(file, folder.relativize(file)));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            failures.add(file + ": cannot be listed (" + failure.getClass().getSimpleName() + ")");
            return FileVisitResult.CONTINUE;
          }
        });
    if (found.isEmpty()) {
      failures.add(argument + ": no images");
    }
    found.sort(Comparator.comparing(Input::place));
    files.addAll(found);
  }
}
