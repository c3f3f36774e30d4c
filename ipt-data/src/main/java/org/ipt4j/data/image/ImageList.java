package org.ipt4j.data.image;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The lines of a list of images, as editors and other programs write it. */
final class ImageList {
  /** The height, width and channels that BasicSR writes after an image's name. */
  private static final Pattern SIZE = Pattern.compile("\\s+\\(\\d+(?:\\s*,\\s*\\d+)+\\)$");

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /** Encodings of lists that are not Unicode; of those that fit equally well the first is taken. */
  private static final List<String> OTHERS =
      List.of(
          System.getProperty("native.encoding", "UTF-8"),
          "windows-1252",
          "windows-1250",
          "windows-1251",
          "windows-31j",
          "GB18030",
          "Big5",
          "EUC-KR",
          "IBM437");

  /** A line that names an image; its number counts all lines, from 1. */
  record Line(int number, String name) {}

  private ImageList() {}

  /**
   * The images in a list in UTF-8, in UTF-16 with a byte order mark, or else in the usual encoding
   * in which most of its files are found.
   *
   * @param folder the folder to which names are relative
   */
  static List<Line> lines(byte[] list, Path folder) {
    if (starts(list, 0xFE, 0xFF) || starts(list, 0xFF, 0xFE)) {
      return lines(new String(list, StandardCharsets.UTF_16));
    }
    try {
      return lines(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(list)).toString());
    } catch (CharacterCodingException otherEncoding) {
      return guessed(list, folder);
    }
  }

  private static boolean starts(byte[] list, int first, int second) {
    return list.length > 1 && (list[0] & 0xFF) == first && (list[1] & 0xFF) == second;
  }

  private static List<Line> guessed(byte[] list, Path folder) {
    List<Line> best = List.of();
    long most = -1;
    for (String encoding : OTHERS) {
      if (Charset.isSupported(encoding)) {
        List<Line> lines = lines(new String(list, Charset.forName(encoding)));
        long there = lines.stream().filter(line -> isThere(folder, line.name)).count();
        if (there > most) {
          most = there;
          best = lines;
        }
      }
    }
    return best;
  }

  private static boolean isThere(Path folder, String name) {
    try {
      return Files.exists(folder.resolve(name));
    } catch (InvalidPathException none) {
      return false;
    }
  }

  private static List<Line> lines(String text) {
    boolean marked = !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK;
    List<String> all = text.substring(marked ? 1 : 0).lines().toList();
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      String name = SIZE.matcher(all.get(i).strip()).replaceFirst("").replace('\\', '/');
      if (!name.isEmpty() && !name.startsWith("#")) {
        lines.add(new Line(i + 1, name));
      }
    }
    return lines;
  }
}
