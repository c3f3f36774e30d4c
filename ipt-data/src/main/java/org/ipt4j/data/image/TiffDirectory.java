package org.ipt4j.data.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import javax.imageio.stream.ImageInputStream;

/**
 * The first directory of a TIFF or BigTIFF file, or of Exif data, which has the same form. Values
 * are read when asked for; a value beyond the end gives an {@link EOFException}.
 */
final class TiffDirectory {
  /**
   * The values of one tag.
   *
   * @param size bytes per value
   * @param at their position
   */
  private record Field(int size, long count, long at) {}

  private final ImageInputStream stream;
  private final Map<Integer, Field> fields = new HashMap<>();

  /** Positions are counted from the start of {@code stream}, whose byte order is set. */
  TiffDirectory(ImageInputStream stream) throws IOException {
    this.stream = stream;
    stream.seek(0);
    boolean little = stream.readUnsignedByte() == 'I';
    stream.setByteOrder(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    stream.skipBytes(1);
    switch (stream.readUnsignedShort()) {
      case 42 -> {
        seek(stream.readUnsignedInt());
        read(stream.readUnsignedShort(), false);
      }
      case 43 -> {
        stream.skipBytes(4); // the size of an offset, 8
        seek(stream.readLong());
        read(stream.readLong(), true);
      }
      default -> {} // the decoder will say that it is no TIFF
    }
  }

  private void read(long entries, boolean big) throws IOException {
    for (long i = 0; i < entries; i++) {
      int tag = stream.readUnsignedShort();
      int size = size(stream.readUnsignedShort());
      long count = big ? stream.readLong() : stream.readUnsignedInt();
      long here = stream.getStreamPosition();
      int room = big ? 8 : 4;
      long at = here;
      if (count > room / size) {
        at = big ? stream.readLong() : stream.readUnsignedInt();
      }
      fields.putIfAbsent(tag, new Field(size, Math.max(0, count), at));
      stream.seek(here + room);
    }
  }

  private static int size(int type) {
    return switch (type) {
      case 3, 8 -> 2;
      case 4, 9, 11, 13 -> 4;
      case 5, 10, 12, 16, 17, 18 -> 8;
      default -> 1;
    };
  }

  private void seek(long place) throws IOException {
    if (place < 0) {
      throw new EOFException();
    }
    stream.seek(place);
  }

  /** The number of a tag's values, 0 if the tag is missing. */
  long count(int tag) {
    return fields.containsKey(tag) ? fields.get(tag).count : 0;
  }

  /** The first value of a tag, an integer; {@code otherwise} if the tag is missing. */
  long first(int tag, long otherwise) throws IOException {
    return count(tag) == 0 ? otherwise : value(tag, 0);
  }

  /** One of a tag's values, an integer. */
  long value(int tag, long index) throws IOException {
    Field field = fields.get(tag);
    seek(field.at + index * field.size);
    return switch (field.size) {
      case 1 -> stream.readUnsignedByte();
      case 2 -> stream.readUnsignedShort();
      case 4 -> stream.readUnsignedInt();
      default -> stream.readLong();
    };
  }

  /** The bytes of a tag; null if it is missing or has more than {@code most}. */
  byte[] bytes(int tag, int most) throws IOException {
    long count = count(tag);
    if (count == 0 || count > most) {
      return null;
    }
    byte[] bytes = new byte[(int) count];
    seek(fields.get(tag).at);
    stream.readFully(bytes);
    return bytes;
  }
}
