package org.ipt4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what a path stands for: a folder tree, an archive, a list. */
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
    return new FileEntries(folder, ImageList.names(Files.readAllBytes(list), folder));
  }

  private static StoredImages.Entries ofFolder(Path folder) throws IOException {
    List<String> files = new ArrayList<>();
    List<String> archives = new ArrayList<>();
    FileTree.walk(
        folder,
        within -> false,
        file -> {
          String name = folder.relativize(file).toString().replace('\\', '/');
          if (ImageFiles.isImage(name)) {
            files.add(name);
          } else if (isArchive(name)) {
            archives.add(name);
          }
        },
        (file, failure) -> LOG.warn("skipped {}: {}", file, failure.toString()));
    files.sort(null);
    archives.sort(null);
    List<StoredImages.Entries> parts = new ArrayList<>();
    parts.add(new FileEntries(folder, files));
    for (String archive : archives) {
      try {
        parts.add(ofArchive(folder.resolve(archive)));
      } catch (UnreadableImageException e) {
        parts.add(new LostArchive(archive, e.getCause().getMessage()));
      }
    }
    return parts.size() == 1 ? parts.get(0) : new JoinedEntries(parts);
  }
}
