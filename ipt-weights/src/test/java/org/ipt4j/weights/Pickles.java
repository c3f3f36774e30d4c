package org.ipt4j.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Pickles and checkpoints put together by hand; one char of a text is one byte. */
final class Pickles {
  static final String ORDERED_DICT = "ccollections\nOrderedDict\n)R";

  private Pickles() {}

  static byte[] bytes(String chars) {
    return chars.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A complete pickle of protocol 2. */
  static String pickle(String operations) {
    return "\u0080\u0002" + operations + ".";
  }

  static String littleEndian(long value, int bytes) {
    byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    return new String(all, 0, bytes, StandardCharsets.ISO_8859_1);
  }

  static String integer(long value) {
    return "\u008a\u0008" + littleEndian(value, 8);
  }

  static String text(String text) {
    return "X" + littleEndian(text.length(), 4) + text;
  }

  static String tuple(long... values) {
    StringBuilder tuple = new StringBuilder("(");
    for (long value : values) {
      tuple.append(integer(value));
    }
    return tuple + "t";
  }

  /** As in zip archives; the older format has a view or None in the end. */
  static String storage(String type, String key, long elements) {
    return "("
        + text("storage")
        + "ctorch\n"
        + type
        + "\n"
        + text(key)
        + text("cpu")
        + integer(elements)
        + "tQ";
  }

  static String legacyStorage(String type, String key, long elements, String view) {
    return storage(type, key, elements).replace("tQ", view + "tQ");
  }

  static String tensor(String storage, long offset, long[] sizes, long[] strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + integer(offset)
        + tuple(sizes)
        + tuple(strides)
        + "\u0089"
        + ORDERED_DICT
        + "tR";
  }

  /** A dictionary of one. */
  static String dict(String key, String value) {
    return "}" + text(key) + value + "s";
  }

  /** A checkpoint of the older format with up to one storage. */
  static String legacy(String object, String key, String elements) {
    return legacyHead() + pickle(object) + pickle("]" + text(key) + "a") + elements;
  }

  static String legacyHead() {
    return pickle("\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019")
        + pickle("M\u00e9\u0003")
        + pickle("}" + text("little_endian") + "\u0088s");
  }

  /** A legacy checkpoint of one tensor x = [1, 2] of float64, described by {@code tensor}. */
  static String legacyOfTwo(String tensor) {
    return legacy(
        dict("x", tensor),
        "7",
        littleEndian(2, 8)
            + littleEndian(Double.doubleToLongBits(1), 8)
            + littleEndian(Double.doubleToLongBits(2), 8));
  }
}
