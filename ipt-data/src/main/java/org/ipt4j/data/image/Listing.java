package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what a path is: a folder tree, an archive or a list. */
final class Listing {
  private static final Logger LOG = LoggerFactory.getLogger(Listing.class);

  private Listing() {}

  static StoredImages.Entries of(Path path) throws IOException {
    StoredImages.Entries entries;
    if (Files.isDirectory(path)) {
      entries = ofFolder(path);
    } else if (!Files.isRegularFile(path)) {
      throw new IllegalArgumentException("no folder or file of images: " + path);
    } else if (isArchive(path.toString())) {
      entries = ofArchive(path);
    } else if (path.toString().toLowerCase(Locale.ROOT).endsWith(".txt")) {
      entries = ofList(path);
    } else {
      throw new IllegalArgumentException(
          "images come as a folder, .tar, .zip or a list .txt, got " + path);
    }
    if (entries.size() == 0) {
      throw new IllegalArgumentException("no image in " + path);
    }
    return entries;
  }

  private static boolean isArchive(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".tar") || lower.endsWith(".zip");
  }

  private static StoredImages.Entries ofArchive(Path path) throws IOException {
    return path.toString().toLowerCase(Locale.ROOT).endsWith(".zip")
        ? new ZipEntries(path)
        : new TarEntries(path);
  }

  private static StoredImages.Entries ofList(Path list) throws IOException {
    Path folder = list.toAbsolutePath().getParent();
    List<StoredImages.Entries> parts = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    for (ImageList.Line line : ImageList.lines(Files.readAllBytes(list), folder)) {
      try {
        files.add(Path.of(line.name()));
      } catch (InvalidPathException none) {
        parts.add(new FileEntries(folder, List.copyOf(files)));
        files.clear();
        parts.add(lost(list, line, none.getReason()));
      }
    }
    parts.add(new FileEntries(folder, List.copyOf(files)));
    return joined(parts);
  }

  private static StoredImages.Entries lost(Path list, ImageList.Line line, String reason) {
    String locale = System.getProperty("sun.jnu.encoding"); // of paths
    boolean writes =
        locale == null
            || !Charset.isSupported(locale)
            || Charset.forName(locale).newEncoder().canEncode(line.name());
    return new LostEntry(
        line.name().replaceAll("\\p{Cntrl}", "?"),
        String.format(
            Locale.ROOT,
            "line %d of %s is no path here (%s)",
            line.number(),
            list,
            writes
                ? reason
                : "the locale's encoding, " + locale + ", cannot write it; LC_ALL=C.UTF-8 can"));
  }

  private static StoredImages.Entries joined(List<StoredImages.Entries> parts) {
    return parts.size() == 1 ? parts.get(0) : new JoinedEntries(parts);
  }

  private static StoredImages.Entries ofFolder(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    List<Path> archives = new ArrayList<>();
    FileTree.walk(
        folder,
        within -> false,
        file -> {
          Path place = folder.relativize(file);
          if (ImageFiles.isImage(file)) {
            files.add(place);
          } else if (isArchive(place.toString())) {
            archives.add(place);
          }
        },
        (file, failure) -> LOG.warn("skipped {}: {}", file, failure.toString()));
    Comparator<Path> byName = Comparator.comparing(FileEntries::slashed);
    files.sort(byName);
    archives.sort(byName);
    List<StoredImages.Entries> parts = new ArrayList<>();
    parts.add(new FileEntries(folder, files));
    for (Path archive : archives) {
      try {
        parts.add(ofArchive(folder.resolve(archive)));
      } catch (UnreadableImageException e) {
        parts.add(new LostEntry(FileEntries.slashed(archive), e.reason()));
      }
    }
    return joined(parts);
  }
}
