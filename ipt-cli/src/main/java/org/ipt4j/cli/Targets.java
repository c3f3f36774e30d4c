package org.ipt4j.cli;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.ipt4j.data.image.ImageFormat;

/**
 * The names of results, each of which is taken once. An image whose name has an ending of the
 * result's format already keeps it; of others that would have the same name, the first has it, and
 * the next keep their endings: {@code photo.webp} becomes {@code photo.webp.png} beside {@code
 * photo.png}. What is left is numbered: {@code photo.2.png}. Names that differ in case or in how
 * accents are encoded alone are one, as they are on the file systems of Windows and macOS. All of
 * it depends on the images and their order alone, not on which results are there.
 */
public final class Targets {
  private static final char NO_TEXT = '\uFFFD'; // for bytes of a name that are none

  private final List<Path> places;
  private final List<ImageFormat> formats;
  private final UnaryOperator<String> name;
  private final Path[] targets;
  private final Set<String> taken = new HashSet<>();

  private Targets(List<Path> places, List<ImageFormat> formats, UnaryOperator<String> name) {
    this.places = places;
    this.formats = formats;
    this.name = name;
    this.targets = new Path[places.size()];
  }

  /**
   * Names the results of some images.
   *
   * @param places of the images
   * @param formats of the results
   * @param name a result's name, without ending, from its image's, without ending
   */
  public static List<Path> of(
      List<Path> places, List<ImageFormat> formats, UnaryOperator<String> name) {
    Targets targets = new Targets(places, formats, name);
    for (int i = 0; i < places.size(); i++) {
      if (targets.hasEnding(i)) {
        targets.take(i, Commands.baseName(places.get(i)));
      }
    }
    for (int i = 0; i < places.size(); i++) {
      if (targets.targets[i] == null) {
        targets.takeSome(i);
      }
    }
    return List.of(targets.targets);
  }

  private boolean hasEnding(int i) {
    return formats.get(i).isNamed(places.get(i).getFileName().toString());
  }

  private void takeSome(int i) {
    String base = Commands.baseName(places.get(i));
    boolean isTaken = take(i, base);
    if (!isTaken && !hasEnding(i)) {
      isTaken = take(i, places.get(i).getFileName().toString());
    }
    for (int number = 2; !isTaken; number++) {
      isTaken = take(i, base + "." + number);
    }
  }

  private boolean take(int i, String base) {
    String file = places.get(i).getFileName().toString();
    String ending =
        hasEnding(i) ? file.substring(file.lastIndexOf('.') + 1) : formats.get(i).extension();
    String result = name.apply(base) + "." + ending;
    // a name that is kept is not taken through text, which need not hold it
    Path target = result.equals(file) ? places.get(i) : places.get(i).resolveSibling(result);
    if (!taken.add(key(target))) {
      return false;
    }
    targets[i] = target;
    return true;
  }

  /** The same for names that are one on some file systems. */
  private static String key(Path target) {
    String text = target.toString();
    return text.indexOf(NO_TEXT) < 0
        ? Normalizer.normalize(text, Normalizer.Form.NFC).toLowerCase(Locale.ROOT)
        : target.toUri().toString(); // byte by byte
  }
}
