package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.stream.ImageInputStream;

/**
 * Files by their paths relative to a folder: a million short paths, not a million long ones. They
 * are not kept as text, since text cannot hold every name that a file can have. A list may have
 * absolute paths too; their names omit the root.
 */
record FileEntries(Path folder, List<Path> paths) implements StoredImages.Entries {
  private static final Pattern ROOT = Pattern.compile("^([A-Za-z]:)?/+");

  @Override
  public int size() {
    return paths.size();
  }

  @Override
  public String name(int index) {
    return ROOT.matcher(slashed(paths.get(index))).replaceFirst("");
  }

  /** The path as text, with {@code /} between folders. */
  static String slashed(Path path) {
    return path.toString().replace('\\', '/');
  }

  @Override
  public ImageInputStream open(int index) throws IOException {
    Path file = folder.resolve(paths.get(index));
    if (!Files.isRegularFile(file)) {
      throw new UnreadableImageException(file.toString(), ImageFiles.missing(file));
    }
    return new FileStream(file);
  }
}
