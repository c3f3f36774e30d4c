package org.ipt4j.data.image;

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

/** What ImageIO does not tell about a file, or does not check before it takes memory. */
final class Header {
  private static final int MOST_OF_PROFILE = 1 << 24; // bytes; larger ones are taken for damage

  /** Stands before Exif data in JPEG, and with some writers elsewhere; one more byte pads it. */
  private static final String EXIF = "Exif\0";

  private int orientation; // 0 where none is noted
  private boolean animated;
  private Opacity opacity = Opacity.STRAIGHT;
  private boolean extraBands;
  private long height;
  private long width;
  private byte[] profile;

  private Header() {}

  /**
   * Reads from the stream's start on and leaves the stream at its old position.
   *
   * @param format jpeg, tiff, png or webp; nothing is known of other formats
   * @throws IOException also if the file has features that are not supported
   */
  static Header of(ImageInputStream stream, String format) throws IOException {
    Header header = new Header();
    ByteOrder order = stream.getByteOrder();
    stream.mark();
    try {
      stream.setByteOrder(ByteOrder.BIG_ENDIAN);
      switch (format) {
        case "jpeg" -> header.readJpeg(stream);
        case "tiff" -> header.readTiff(stream);
        case "png" -> header.readPng(stream);
        case "webp" -> header.readWebp(stream);
        default -> {}
      }
    } catch (EOFException tooShort) {
      // the decoder will say what is missing
    } finally {
      stream.setByteOrder(order);
      stream.reset();
    }
    return header;
  }

  /** The tag of Exif 2.3 and TIFF 6.0, 1..8; 1 where there is none. */
  int orientation() {
    return Math.max(1, orientation);
  }

  /** Whether a PNG or WebP is animated. GIF is not checked: its first frame is an image. */
  boolean isAnimated() {
    return animated;
  }

  Opacity opacity() {
    return opacity;
  }

  /** Whether a TIFF says that it has bands that are neither colours nor opacity. */
  boolean hasExtraBands() {
    return extraBands;
  }

  /**
   * The height of what is decoded (a TIFF's tile or a WebP's frame) if that is not the image's;
   * else 0.
   */
  long height() {
    return height;
  }

  /** As {@link #height}. */
  long width() {
    return width;
  }

  /** The ICC profile, or null. */
  byte[] profile() {
    return profile;
  }

  /** The stored image, turned upright. */
  Image upright(Image stored) {
    return switch (orientation) {
      case 2 -> stored.mirrored();
      case 3 -> stored.turned(2);
      case 4 -> stored.mirrored().turned(2);
      case 5 -> stored.mirrored().turned(1);
      case 6 -> stored.turned(3);
      case 7 -> stored.mirrored().turned(3);
      case 8 -> stored.turned(1);
      default -> stored;
    };
  }

  private void readJpeg(ImageInputStream stream) throws IOException {
    SortedMap<Integer, byte[]> parts = new TreeMap<>(); // of a profile, numbered
    int allParts = 0;
    stream.skipBytes(2);
    for (int marker = marker(stream); marker != 0xDA; marker = marker(stream)) { // image data
      if (marker == 0x01 || marker >= 0xD0 && marker <= 0xD9) { // stands alone
        continue;
      }
      long start = stream.getStreamPosition();
      int length = stream.readUnsignedShort();
      if (marker == 0xE1) {
        readExif(stream, length - 2);
      } else if (marker == 0xE2 && length > 16 && "ICC_PROFILE\0".equals(text(stream, 12))) {
        int number = stream.readUnsignedByte();
        allParts = stream.readUnsignedByte();
        parts.put(number, bytes(stream, length - 16));
      }
      stream.seek(start + Math.max(2, length));
    }
    profile = allParts > 0 && parts.size() == allParts ? joined(parts.values()) : null;
  }

  // past what decoders skip
  private static int marker(ImageInputStream stream) throws IOException {
    int marker;
    do {
      while (stream.readUnsignedByte() != 0xFF) {}
      do {
        marker = stream.readUnsignedByte();
      } while (marker == 0xFF);
    } while (marker == 0);
    return marker;
  }

  private static byte[] joined(Collection<byte[]> parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  // of several pieces of Exif the first that notes an orientation counts, as in browsers
  private void readExif(ImageInputStream stream, long length) throws IOException {
    if (orientation != 0 || length <= EXIF.length()) {
      return;
    }
    long start = stream.getStreamPosition();
    long named = EXIF.equals(text(stream, EXIF.length())) ? EXIF.length() + 1 : 0;
    try {
      orientation =
          orientation(new TiffDirectory(new PartOfStream(stream, start + named, length - named)));
    } catch (EOFException damaged) {
      // notes nothing
    }
  }

  private static int orientation(TiffDirectory directory) throws IOException {
    long value = directory.first(0x0112, 0);
    return value >= 1 && value <= 8 ? (int) value : 0;
  }

  private void readTiff(ImageInputStream stream) throws IOException {
    TiffDirectory directory = new TiffDirectory(stream);
    orientation = orientation(directory);
    width = directory.first(0x0142, 0);
    height = directory.first(0x0143, 0);
    profile = directory.bytes(0x8773, MOST_OF_PROFILE);
    opacity =
        switch ((int) directory.first(0x0152, 2)) { // Pillow, too, takes it for opacity if unsaid
          case 1 -> Opacity.ASSOCIATED;
          case 2 -> Opacity.STRAIGHT;
          default -> Opacity.NONE;
        };
    extraBands = directory.count(0x0152) > (opacity == Opacity.NONE ? 0 : 1);
    checkSamples(directory);
    checkByteCounts(stream, directory, 0x0117); // strips
    checkByteCounts(stream, directory, 0x0145); // tiles
  }

  private static void checkSamples(TiffDirectory directory) throws IOException {
    long samples = directory.first(0x0115, 1);
    if (samples > 8) { // the limit of pixels holds for pixels of a few bytes
      throw new IOException("declares " + samples + " samples per pixel");
    }
    long bits = 1;
    for (long i = 0; i < Math.min(directory.count(0x0102), 8); i++) {
      bits = Math.max(bits, directory.value(0x0102, i));
    }
    Samples kind =
        switch ((int) directory.first(0x0153, 1)) {
          case 2 -> Samples.SIGNED;
          case 3 -> Samples.FLOATING;
          case 5, 6 -> Samples.COMPLEX;
          default -> Samples.INTEGERS;
        };
    try {
      kind.check(bits);
    } catch (IllegalArgumentException refused) {
      throw new IOException(refused.getMessage(), refused);
    }
  }

  // decoders take as much memory as these say, before they find the file to be shorter
  private static void checkByteCounts(ImageInputStream stream, TiffDirectory directory, int tag)
      throws IOException {
    long length = stream.length(); // -1 where it is not known
    for (long i = 0; length >= 0 && i < directory.count(tag); i++) {
      long bytes = directory.value(tag, i);
      if (bytes < 0 || bytes > length) {
        throw new IOException("declares a strip or tile of " + bytes + " bytes");
      }
    }
  }

  private void readPng(ImageInputStream stream) throws IOException {
    stream.skipBytes(8);
    boolean image = false;
    String kind;
    do {
      long length = stream.readUnsignedInt();
      kind = text(stream, 4);
      long start = stream.getStreamPosition();
      switch (kind) {
        case "acTL" -> animated |= !image;
        case "iCCP" ->
            profile = length > MOST_OF_PROFILE ? null : inflated(bytes(stream, (int) length));
        case "eXIf" -> readExif(stream, length);
        case "IDAT" -> image = true;
        default -> {}
      }
      stream.seek(start + length + 4);
    } while (!kind.equals("IEND"));
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

  private void readWebp(ImageInputStream stream) throws IOException {
    stream.setByteOrder(ByteOrder.LITTLE_ENDIAN);
    stream.skipBytes(4);
    long end = 8 + stream.readUnsignedInt();
    stream.skipBytes(4);
    while (height == 0 || stream.getStreamPosition() < end) { // Exif follows the image
      String kind = text(stream, 4);
      long length = stream.readUnsignedInt();
      long start = stream.getStreamPosition();
      switch (kind) {
        case "VP8X" -> animated |= (stream.readUnsignedByte() & 2) != 0;
        case "ICCP" -> profile = length > MOST_OF_PROFILE ? null : bytes(stream, (int) length);
        case "EXIF" -> readExif(stream, length);
        case "VP8 " -> {
          stream.skipBytes(6);
          width = Math.max(width, stream.readUnsignedShort() & 0x3FFF);
          height = Math.max(height, stream.readUnsignedShort() & 0x3FFF);
        }
        case "VP8L" -> {
          stream.skipBytes(1);
          long sizes = stream.readUnsignedInt();
          width = Math.max(width, (sizes & 0x3FFF) + 1);
          height = Math.max(height, (sizes >> 14 & 0x3FFF) + 1);
        }
        default -> {}
      }
      stream.seek(start + length + (length & 1));
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
