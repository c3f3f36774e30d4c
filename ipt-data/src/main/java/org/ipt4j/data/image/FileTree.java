package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The files of a folder and of all folders within it, links included. */
public final class FileTree {
  private FileTree() {}

  /**
   * Visits all regular files, in no particular order; and links that lead nowhere, so that who
   * wants such a file says that it is missing.
   *
   * @param leftOut folders within it that are not entered
   * @param files receives each file, as a path that begins with {@code folder}
   * @param failures receives what cannot be listed, for lack of permission or because links form a
   *     circle
   */
  public static void walk(
      Path folder,
      Predicate<Path> leftOut,
      Consumer<Path> files,
      BiConsumer<Path, IOException> failures)
      throws IOException {
    Files.walkFileTree(
        folder,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path within, BasicFileAttributes attributes) {
            return !within.equals(folder) && leftOut.test(within)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
              files.accept(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            failures.accept(file, failure);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
