package org.ipt4j.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import javax.imageio.stream.ImageInputStream;

/**
 * What ImageIO does not say about a file, or does not look at before it takes memory.
 *
 * @param orientation the tag of Exif 2.3 and TIFF 6.0, 1..8; 1 where there is none
 * @param animated whether a PNG or WebP is a film; GIF is not asked, its first frame is an image
 * @param height and width of what is decoded, a TIFF's tile or a WebP's frame, where that is not
 *     the image's; 0 otherwise
 * @param profile the ICC profile, or null
 */
record Header(int orientation, boolean animated, long height, long width, byte[] profile) {
  private static final Header PLAIN = new Header(1, false, 0, 0, null);
  private static final Header FILM = new Header(1, true, 0, 0, null);
  private static final int MOST_OF_PROFILE = 1 << 24; // bytes; larger ones are taken for damage

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
    int orientation = 1;
    SortedMap<Integer, byte[]> profile = new TreeMap<>(); // a large one comes in numbered parts
    int parts = 0;
    stream.setByteOrder(ByteOrder.BIG_ENDIAN);
    stream.readUnsignedShort();
    while (stream.readUnsignedByte() == 0xFF) {
      int marker = stream.readUnsignedByte();
      if (marker == 0xDA) { // the image begins
        break;
      }
      long start = stream.getStreamPosition();
      int length = stream.readUnsignedShort();
      if (marker == 0xE1 && length >= 16 && "Exif\0\0".equals(text(stream, 6))) {
        orientation = ofTiff(stream).orientation;
        stream.setByteOrder(ByteOrder.BIG_ENDIAN);
      } else if (marker == 0xE2 && length > 16 && "ICC_PROFILE\0".equals(text(stream, 12))) {
        int number = stream.readUnsignedByte();
        parts = stream.readUnsignedByte();
        profile.put(number, bytes(stream, length - 16));
      }
      stream.seek(start + Math.max(2, length));
    }
    boolean complete = parts > 0 && profile.size() == parts;
    return new Header(orientation, false, 0, 0, complete ? joined(profile.values()) : null);
  }

  private static byte[] joined(Collection<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
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
    byte[] profile = null;
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
        case 0x8773 -> profile = profileOfTiff(stream, start, count);
        case 0x0117, 0x0145 -> checkByteCounts(stream, start, isShort, count); // strips, tiles
        default -> {}
      }
      stream.seek(next);
    }
    boolean known = orientation >= 1 && orientation <= 8;
    return new Header(known ? orientation : 1, false, tileHeight, tileWidth, profile);
  }

  private static byte[] profileOfTiff(ImageInputStream stream, long start, long count)
      throws IOException {
    if (count > MOST_OF_PROFILE) {
      return null;
    }
    stream.seek(start + stream.readUnsignedInt());
    return bytes(stream, (int) count);
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
    byte[] profile = null;
    stream.setByteOrder(ByteOrder.BIG_ENDIAN);
    stream.skipBytes(8);
    while (true) {
      long length = stream.readUnsignedInt();
      String kind = text(stream, 4);
      long next = stream.getStreamPosition() + length + 4;
      switch (kind) {
        case "acTL" -> {
          return FILM;
        }
        case "IDAT" -> {
          return new Header(1, false, 0, 0, profile);
        }
        case "iCCP" ->
            profile = length > MOST_OF_PROFILE ? null : inflated(bytes(stream, (int) length));
        default -> {}
      }
      stream.seek(next);
    }
  }

  // a name that ends with 0, the method 0, and what is deflated; null for anything else
  private static byte[] inflated(byte[] chunk) throws IOException {
    int name = 0;
    while (name < chunk.length && chunk[name] != 0) {
      name++;
    }
    int from = Math.min(name + 2, chunk.length);
    try (InputStream stream =
        new InflaterInputStream(new ByteArrayInputStream(chunk, from, chunk.length - from))) {
      byte[] profile = stream.readNBytes(MOST_OF_PROFILE);
      return profile.length < MOST_OF_PROFILE ? profile : null;
    } catch (ZipException | EOFException damaged) {
      return null;
    }
  }

  private static Header ofWebp(ImageInputStream stream) throws IOException {
    byte[] profile = null;
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
        case "ICCP" -> profile = length > MOST_OF_PROFILE ? null : bytes(stream, (int) length);
        case "VP8 " -> {
          stream.skipBytes(6);
          long width = stream.readUnsignedShort() & 0x3FFF;
          return new Header(1, false, stream.readUnsignedShort() & 0x3FFF, width, profile);
        }
        case "VP8L" -> {
          stream.skipBytes(1);
          long sizes = stream.readUnsignedInt();
          return new Header(1, false, (sizes >> 14 & 0x3FFF) + 1, (sizes & 0x3FFF) + 1, profile);
        }
        default -> {}
      }
      stream.seek(next);
    }
  }

  private static String text(ImageInputStream stream, int length) throws IOException {
    return new String(bytes(stream, length), StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(ImageInputStream stream, int length) throws IOException {
    byte[] bytes = new byte[length];
    stream.readFully(bytes);
    return bytes;
  }
}
