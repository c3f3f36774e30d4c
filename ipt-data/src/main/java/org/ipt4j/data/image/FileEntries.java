package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.stream.ImageInputStream;

/**
 * Files by their paths, relative to a folder: a million short ones, not a million long ones. They
 * are not kept as text, which need not hold every name that a file can have. A list may have
 * absolute ones too, which lose their root in their names.
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

  /** As text, with {@code /} between folders. */
  static String slashed(Path path) {
    return path.toString().replace('\\', '/');
  }

  @Override
  public ImageInputStream open(int index) throws IOException {
    Path file = folder.resolve(paths.get(index));
    if (!Files.isRegularFile(file)) {
      throw new UnreadableImageException(file.toString(), "no such file");
    }
    return new FileStream(file);
  }
}
