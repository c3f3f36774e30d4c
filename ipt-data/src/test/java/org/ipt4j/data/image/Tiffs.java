package org.ipt4j.data.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/** TIFF files made tag by tag: one strip, not compressed. */
final class Tiffs {
  private static final int SHORT = 3;

  private Tiffs() {}

  /** What every image has; of {@code bits} per sample. */
  static Map<Integer, int[]> tags(int height, int width, int samples, int bits) {
    Map<Integer, int[]> tags = new TreeMap<>(); // which are stored in order
    int[] allBits = new int[samples];
    java.util.Arrays.fill(allBits, bits);
    tags.put(256, new int[] {width});
    tags.put(257, new int[] {height});
    tags.put(258, allBits);
    tags.put(259, new int[] {1}); // not compressed
    tags.put(262, new int[] {samples < 3 ? 1 : 2}); // black is 0, or RGB
    tags.put(277, new int[] {samples});
    tags.put(278, new int[] {height}); // rows in the strip
    tags.put(279, new int[] {height * width * samples * bits / 8}); // bytes of it
    return tags;
  }

  /** A file, or only its directory, which is what Exif is. */
  static byte[] file(ByteOrder order, boolean big, Map<Integer, int[]> given, byte[] pixels) {
    Map<Integer, int[]> tags = new TreeMap<>(given);
    int entry = big ? 20 : 12;
    int start = big ? 16 : 8;
    int more = start + (big ? 16 : 6) + (tags.size() + 1) * entry;
    int strip = more + tags.values().stream().mapToInt(values -> 2 * values.length).sum();
    if (pixels.length > 0) {
      tags.put(273, new int[] {strip});
    }
    ByteBuffer file = ByteBuffer.allocate(strip + pixels.length).order(order);
    file.put((order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM").getBytes());
    if (big) {
      file.putShort((short) 43).putShort((short) 8).putShort((short) 0).putLong(start);
      file.putLong(tags.size());
    } else {
      file.putShort((short) 42).putInt(start).putShort((short) tags.size());
    }
    for (Map.Entry<Integer, int[]> tag : tags.entrySet()) {
      int[] values = tag.getValue();
      int next = file.position() + entry;
      file.putShort(tag.getKey().shortValue()).putShort((short) SHORT);
      if (big) {
        file.putLong(values.length);
      } else {
        file.putInt(values.length);
      }
      if (2 * values.length > (big ? 8 : 4)) {
        if (big) {
          file.putLong(more);
        } else {
          file.putInt(more);
        }
        file.position(more);
        more += 2 * values.length;
      }
      for (int value : values) {
        file.putShort((short) value);
      }
      file.position(next);
    }
    file.position(strip);
    file.put(pixels);
    return file.array();
  }
}
