package org.ipt4j.data;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * Files by their paths, relative to a folder: a million short strings, not a million long ones. A
 * list may have absolute ones too, which lose their root in their names.
 */
record FileEntries(Path folder, List<String> paths) implements StoredImages.Entries {
  private static final Pattern ROOT = Pattern.compile("^([A-Za-z]:)?/+");

  @Override
  public int size() {
    return paths.size();
  }

  @Override
  public String name(int index) {
    return ROOT.matcher(paths.get(index)).replaceFirst("");
  }

  @Override
  public ImageInputStream open(int index) throws IOException {
    File file = folder.resolve(paths.get(index)).toFile();
    if (!file.isFile()) {
      throw new UnreadableImageException(file.toString(), "no such file");
    }
    return new FileImageInputStream(file);
  }
}
