package org.ipt4j.data.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/**
 * The images of a source that are one half of its pairs, each with a key that it shares with its
 * partner. Folders that contain all of them are left out of their names.
 */
final class Half implements ImageSource {
  private final ImageSource all;
  private final List<Integer> numbers = new ArrayList<>();
  private final List<String> keys = new ArrayList<>();
  private final String folder;

  /**
   * Picks the half.
   *
   * @param key the key of a name; null for images that are not of this half
   */
  Half(ImageSource all, UnaryOperator<String> key) {
    this.all = all;
    String shared = null;
    for (int i = 0; i < all.size(); i++) {
      String common = key.apply(all.name(i));
      if (common != null) {
        numbers.add(i);
        keys.add(common);
        shared = shared == null ? all.name(i) : sharedStart(shared, all.name(i));
      }
    }
    folder = shared == null ? "" : shared.substring(0, shared.lastIndexOf('/') + 1);
  }

  private static String sharedStart(String a, String b) {
    int end = 0;
    while (end < Math.min(a.length(), b.length()) && a.charAt(end) == b.charAt(end)) {
      end++;
    }
    return a.substring(0, end);
  }

  /** A name without its ending. */
  static String stem(String name) {
    int dot = name.lastIndexOf('.');
    return dot > name.lastIndexOf('/') ? name.substring(0, dot) : name;
  }

  /** The key that an image shares with its partner. */
  String key(int index) {
    return keys.get(index);
  }

  /** The folder that contains all of them, without a final slash; empty if there is none. */
  String folder() {
    return folder.isEmpty() ? "" : folder.substring(0, folder.length() - 1);
  }

  @Override
  public int size() {
    return numbers.size();
  }

  @Override
  public String name(int index) {
    return all.name(numbers.get(index)).substring(folder.length());
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    return all.image(numbers.get(index));
  }
}
