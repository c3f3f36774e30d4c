package org.ipt4j.data.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStream;

/** Images in files or archives, each decoded when asked for. */
record StoredImages(Entries entries, Limits limits, Repairs repairs) implements ImageSource {
  StoredImages(Entries entries, Limits limits) {
    this(entries, limits, new Repairs());
  }

  /** Named files, in a folder, a list or an archive. */
  interface Entries {
    int size();

    /** The name, with {@code /} between folders. */
    String name(int index);

    /** The file's bytes. */
    ImageInputStream open(int index) throws IOException;
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public String name(int index) {
    return entries.name(index);
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    String name = name(index);
    checkPath(name);
    try (ImageInputStream stream = entries.open(index)) {
      return ImageFiles.read(stream, name, limits, repairs::add);
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException e) {
      throw new UnreadableImageException(name, e);
    }
  }

  /**
   * Refuses unsafe names: names become those of results, and one from an archive or a list must not
   * lead out of the output folder.
   */
  private static void checkPath(String name) throws UnreadableImageException {
    for (String part : name.split("[/\\\\]")) { // Windows takes both for the end of a folder's name
      if (part.equals("..")) {
        throw new UnreadableImageException(name, "its path leads out of the data set");
      }
    }
  }
}
