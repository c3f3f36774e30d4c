package org.ipt4j.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import org.ipt4j.data.image.FileTree;
import org.ipt4j.data.image.ImageFiles;

/**
 * The files that arguments stand for: a file itself, a folder's images and those of the folders
 * within it, or what a pattern such as {@code photos/*.png} or {@code photos/**.jpg} names where
 * the shell has not resolved it. A file that is given twice is there once, and the folder for
 * results is not looked into.
 *
 * @param failures a line for each argument that cannot be listed or has no images
 * @param passedOver files in folders whose names are not those of images; hidden ones are not named
 */
record Inputs(List<Input> files, List<String> failures, List<Path> passedOver) {
  /**
   * A file, and its place below the folder that was given.
   *
   * @param place the file's name, for a file that was given itself
   */
  record Input(Path file, Path place) {}

  /** What cannot be listed becomes a failure, one line, among what can. */
  static Inputs of(List<String> arguments, Path out) throws IOException {
    Inputs inputs = new Inputs(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (String argument : arguments) {
      try {
        inputs.add(argument, out);
      } catch (PatternSyntaxException bad) {
        inputs.failures.add(argument + ": no file, and no pattern: " + bad.getDescription());
      } catch (InvalidPathException bad) {
        inputs.failures.add(argument + ": no file name: " + bad.getReason());
      }
    }
    Set<Path> once = new HashSet<>();
    inputs.files.removeIf(input -> !once.add(real(input.file)));
    return inputs;
  }

  private void add(String argument, Path out) throws IOException {
    if (!isThere(argument) && argument.matches(".*[*?\\[{].*")) {
      addPattern(argument, out);
    } else if (Files.isDirectory(Path.of(argument))) {
      addBelow(Path.of(argument), ImageFiles::isImage, argument, false, out);
    } else {
      Path file = Path.of(argument);
      files.add(new Input(file, file.getFileName()));
    }
  }

  /**
   * Its one name, whichever links and folders it was given by; as it is given if it is not there.
   */
  static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException toBeSaidLater) {
      return file.toAbsolutePath().normalize();
    }
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
  private void addPattern(String pattern, Path out) throws IOException {
    String slashed = pattern.replace(File.separatorChar, '/');
    int fixed = slashed.replaceFirst("[*?\\[{].*", "").lastIndexOf('/') + 1;
    Path root = Path.of(slashed.substring(0, fixed));
    PathMatcher matcher =
        FileSystems.getDefault().getPathMatcher("glob:" + slashed.substring(fixed));
    Path start = fixed == 0 ? Path.of(".") : root;
    addBelow(start, file -> matcher.matches(start.relativize(file)), pattern, true, out);
  }

  // a pattern need not be a path's text
  private void addBelow(
      Path folder, Predicate<Path> wanted, String argument, boolean pattern, Path out)
      throws IOException {
    if (areSame(folder, out)) {
      failures.add(argument + ": results would lie among the images; give another --out");
      return;
    }
    List<Input> found = new ArrayList<>();
    List<Path> others = new ArrayList<>();
    FileTree.walk(
        folder,
        within -> areSame(within, out),
        file -> {
          if (wanted.test(file)) {
            found.add(new Input(file, folder.relativize(file)));
          } else if (!ImageFiles.isImage(file) && !file.getFileName().toString().startsWith(".")) {
            others.add(file);
          }
        },
        (file, failure) ->
            failures.add(file + ": cannot be listed (" + failure.getClass().getSimpleName() + ")"));
    if (found.isEmpty()) {
      failures.add(argument + ": no images" + (pattern ? "" : PassedOver.behind(others)));
    } else if (!pattern) {
      passedOver.addAll(others);
    }
    found.sort(Comparator.comparing(Input::place));
    files.addAll(found);
  }

  private static boolean areSame(Path a, Path b) {
    try {
      return Files.exists(b) && Files.isSameFile(a, b);
    } catch (IOException cannotBeTold) {
      return false;
    }
  }
}
