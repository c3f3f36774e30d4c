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

/** The files of a folder and of all folders within it, those that links lead to too. */
public final class FileTree {
  private FileTree() {}

  /**
   * Goes through all regular files, in no order.
   *
   * @param leftOut of folders within, which are not entered
   * @param files is told each file, as a path that begins with {@code folder}
   * @param failures is told what cannot be listed: without permission, or links in a circle
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
            if (attributes.isRegularFile()) {
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
