package org.ipt4j.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import javax.imageio.stream.ImageInputStream;

/**
 * What ImageIO does not say about a file, or does not look at before it takes memory.
 *
 * @param orientation the tag of Exif 2.3 and TIFF 6.0, 1..8; 1 where there is none
 * @param animated whether a PNG or WebP is a film; GIF is not asked, its first frame is an image
 * @param height and width of what is decoded, a TIFF's tile or a WebP's frame, where that is not
 *     the image's; 0 otherwise
 */
record Header(int orientation, boolean animated, long height, long width) {
  private static final Header PLAIN = new Header(1, false, 0, 0);
  private static final Header FILM = new Header(1, true, 0, 0);

  /** Looks from the stream's place on and leaves it there. */
  static Header of(ImageInputStream stream, String format) throws IOException {
    ByteOrder order = stream.getByteOrder();
    stream.mark();
    try {
      return switch (format) {
        case "jpeg" -> ofJpeg(stream);
        case "tif", "tiff" -> ofTiff(stream);
        case "png" -> ofPng(stream);
        case "webp" -> ofWebp(stream);
        default -> PLAIN;
      };
    } catch (EOFException tooShort) {
      return PLAIN; // the decoder will say what is missing
    } finally {
      stream.setByteOrder(order);
      stream.reset();
    }
  }

  /** The image as it is to be seen, of the image as it is stored. */
  Image upright(Image stored) {
    return switch (orientation) {
      case 2 -> stored.turned(true, 0);
      case 3 -> stored.turned(false, 2);
      case 4 -> stored.turned(true, 2);
      case 5 -> stored.turned(true, 1);
      case 6 -> stored.turned(false, 3);
      case 7 -> stored.turned(true, 3);
      case 8 -> stored.turned(false, 1);
      default -> stored;
    };
  }

  private static Header ofJpeg(ImageInputStream stream) throws IOException {
    stream.setByteOrder(ByteOrder.BIG_ENDIAN);
    stream.readUnsignedShort();
    while (stream.readUnsignedByte() == 0xFF) {
      int marker = stream.readUnsignedByte();
      if (marker == 0xDA) { // the image begins
        return PLAIN;
      }
      long start = stream.getStreamPosition();
      int length = stream.readUnsignedShort();
      if (marker == 0xE1 && length >= 16 && "Exif\0\0".equals(text(stream, 6))) {
        return new Header(ofTiff(stream).orientation, false, 0, 0);
      }
      stream.seek(start + Math.max(2, length));
    }
    return PLAIN;
  }

  // the first directory of a TIFF file, or of the one that Exif has within a JPEG
  private static Header ofTiff(ImageInputStream stream) throws IOException {
    long start = stream.getStreamPosition();
    boolean little = "II".equals(text(stream, 2));
    stream.setByteOrder(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    if (stream.readUnsignedShort() != 42) {
      return PLAIN;
    }
    stream.seek(start + stream.readUnsignedInt());
    int orientation = 1;
    long tileWidth = 0;
    long tileHeight = 0;
    for (int entries = stream.readUnsignedShort(); entries > 0; entries--) {
      int tag = stream.readUnsignedShort();
      int type = stream.readUnsignedShort();
      long count = stream.readUnsignedInt();
      long next = stream.getStreamPosition() + 4;
      boolean isShort = type == 3;
      switch (tag) {
        case 0x0112 -> orientation = (int) value(stream, isShort);
        case 0x0142 -> tileWidth = value(stream, isShort);
        case 0x0143 -> tileHeight = value(stream, isShort);
        case 0x0115 -> checkSamples(value(stream, isShort));
        case 0x0117, 0x0145 -> checkByteCounts(stream, start, isShort, count); // strips, tiles
        default -> {}
      }
      stream.seek(next);
    }
    boolean known = orientation >= 1 && orientation <= 8;
    return new Header(known ? orientation : 1, false, tileHeight, tileWidth);
  }

  private static long value(ImageInputStream stream, boolean isShort) throws IOException {
    return isShort ? stream.readUnsignedShort() : stream.readUnsignedInt();
  }

  // the limit of pixels holds for pixels of a few bytes
  private static void checkSamples(long perPixel) throws IOException {
    if (perPixel > 8) {
      throw new IOException("declares " + perPixel + " samples per pixel");
    }
  }

  // decoders take as much memory as these say, before they find the file to be shorter
  private static void checkByteCounts(
      ImageInputStream stream, long start, boolean isShort, long count) throws IOException {
    if (count * (isShort ? 2 : 4) > 4) {
      stream.seek(start + stream.readUnsignedInt());
    }
    for (long i = 0; i < count; i++) {
      long bytes = value(stream, isShort);
      if (stream.length() >= 0 && bytes > stream.length()) {
        throw new IOException("declares a strip or tile of " + bytes + " bytes");
      }
    }
  }

  private static Header ofPng(ImageInputStream stream) throws IOException {
    stream.setByteOrder(ByteOrder.BIG_ENDIAN);
    stream.skipBytes(8);
    while (true) {
      long length = stream.readUnsignedInt();
      String kind = text(stream, 4);
      if (kind.equals("acTL") || kind.equals("IDAT")) {
        return kind.equals("acTL") ? FILM : PLAIN;
      }
      stream.seek(stream.getStreamPosition() + length + 4);
    }
  }

  private static Header ofWebp(ImageInputStream stream) throws IOException {
    stream.setByteOrder(ByteOrder.LITTLE_ENDIAN);
    stream.skipBytes(12);
    while (true) {
      String kind = text(stream, 4);
      long length = stream.readUnsignedInt();
      long next = stream.getStreamPosition() + length + (length & 1);
      switch (kind) {
        case "VP8X" -> {
          if ((stream.readUnsignedByte() & 2) != 0) {
            return FILM;
          }
        }
        case "VP8 " -> {
          stream.skipBytes(6);
          long width = stream.readUnsignedShort() & 0x3FFF;
          return new Header(1, false, stream.readUnsignedShort() & 0x3FFF, width);
        }
        case "VP8L" -> {
          stream.skipBytes(1);
          long sizes = stream.readUnsignedInt();
          return new Header(1, false, (sizes >> 14 & 0x3FFF) + 1, (sizes & 0x3FFF) + 1);
        }
        default -> {}
      }
      stream.seek(next);
    }
  }

  private static String text(ImageInputStream stream, int length) throws IOException {
    byte[] bytes = new byte[length];
    stream.readFully(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
