package org.ipt4j.spark;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/**
 * A folder's images and those of all folders within, in the order in which one machine has them.
 * One that cannot be had now (but perhaps later) ends the task with an {@link
 * UncheckedIOException}: were it passed over, a task would not do the same again.
 */
record HadoopImages(HadoopFiles files, String folder, ArrayList<String> names)
    implements ImageSource, Serializable {
  /**
   * Lists them.
   *
   * @throws IllegalArgumentException if there is none
   */
  static HadoopImages of(HadoopFiles files, String folder) throws IOException {
    List<String> images =
        files.below(folder, null).stream().filter(n -> ImageFiles.isImage(Path.of(n))).toList();
    if (images.isEmpty()) {
      throw none(files, folder);
    }
    return new HadoopImages(files, files.qualified(folder), new ArrayList<>(images));
  }

  /** What is wrong where there are no images. */
  static IllegalArgumentException none(HadoopFiles files, String input) throws IOException {
    return new IllegalArgumentException(
        (files.exists(input) ? "no image in " : "no folder or file of images: ") + input);
  }

  @Override
  public int size() {
    return names.size();
  }

  @Override
  public String name(int index) {
    return names.get(index);
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    String name = name(index);
    try {
      return ImageFiles.read(
          new ByteArrayInputStream(files.bytes(HadoopFiles.in(folder, name))), name);
    } catch (UnreadableImageException own) {
      throw own;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
