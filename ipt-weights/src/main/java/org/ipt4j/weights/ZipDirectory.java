package org.ipt4j.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The places of a zip archive's records in its file; Java's own classes give streams, not places.
 * Every record must be stored uncompressed, as PyTorch writes it, and no two may overlap: so an
 * archive cannot unpack to more than its own size.
 */
final class ZipDirectory {
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int CENTRAL_HEADER = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int ZIP64_LOCATOR = 0x07064b50;
  private static final int ZIP64_END = 0x06064b50;

  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int ZIP64_END_BYTES = 56;
  private static final int MAX_COMMENT = 0xffff;
  private static final int MAX_DIRECTORY_BYTES = 1 << 24;
  private static final int ZIP64_EXTRA = 1;
  private static final long IN_ZIP64 = 0xffffffffL;

  /** A record's bytes, [position, position + size) of the file, and its header before them. */
  record Entry(String name, long header, long position, long size, int crc) {}

  private record Directory(long position, long size) {}

  private ZipDirectory() {}

  /** The records by name, in the directory's order. */
  static Map<String, Entry> read(WeightBytes bytes) throws IOException {
    Directory directory = find(bytes);
    if (directory.size() < 0
        || directory.size() > MAX_DIRECTORY_BYTES
        || directory.position() < 0
        || directory.position() > bytes.size() - directory.size()) {
      throw bytes.corrupt(
          bytes.size(),
          "a zip directory of %d bytes at %d in a file of %d",
          directory.size(),
          directory.position(),
          bytes.size());
    }
    ByteBuffer central = bytes.read(directory.position(), (int) directory.size());
    Map<String, Entry> entries = new LinkedHashMap<>();
    while (central.hasRemaining()) {
      Entry entry = entry(bytes, directory, central);
      if (entries.put(entry.name(), entry) != null) {
        throw bytes.corrupt(
            directory.position() + central.position(), "two zip records named " + entry.name());
      }
    }
    checkOverlaps(bytes, entries);
    return entries;
  }

  /** Verifies a record's checksum in the archive. */
  static void verify(WeightBytes bytes, Entry entry) throws IOException {
    CRC32 crc = new CRC32();
    bytes.checksum(entry.position(), entry.size(), crc);
    if ((int) crc.getValue() != entry.crc()) {
      throw bytes.corrupt(
          entry.position(),
          "%s is damaged: expected checksum %08x, got %08x",
          entry.name(),
          entry.crc(),
          crc.getValue());
    }
  }

  private static Directory find(WeightBytes bytes) throws IOException {
    int tailLength = (int) Math.min(bytes.size(), END_BYTES + MAX_COMMENT);
    long tailStart = bytes.size() - tailLength;
    ByteBuffer tail = bytes.read(tailStart, tailLength);
    for (int at = tailLength - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END && at + END_BYTES + unsignedShort(tail, at + 20) == tailLength) {
        Directory zip64 = zip64(bytes, tailStart + at);
        return zip64 != null
            ? zip64
            : new Directory(unsignedInt(tail, at + 16), unsignedInt(tail, at + 12));
      }
    }
    throw bytes.corrupt(bytes.size(), "a zip archive without its directory: cut short?");
  }

  /** The zip64 form of the directory's place, which PyTorch uses; null if there is none. */
  private static Directory zip64(WeightBytes bytes, long end) throws IOException {
    if (end < LOCATOR_BYTES) {
      return null;
    }
    ByteBuffer locator = bytes.read(end - LOCATOR_BYTES, LOCATOR_BYTES);
    if (locator.getInt(0) != ZIP64_LOCATOR) {
      return null;
    }
    long position = locator.getLong(8);
    if (position < 0 || position > end - LOCATOR_BYTES - ZIP64_END_BYTES) {
      throw bytes.corrupt(end - LOCATOR_BYTES, "a zip directory at " + position);
    }
    ByteBuffer zip64End = bytes.read(position, ZIP64_END_BYTES);
    if (zip64End.getInt(0) != ZIP64_END) {
      throw bytes.corrupt(position, "expected the end of a zip directory");
    }
    return new Directory(zip64End.getLong(48), zip64End.getLong(40));
  }

  /** Reads one entry of the directory, and the header before the record itself. */
  private static Entry entry(WeightBytes bytes, Directory directory, ByteBuffer central)
      throws IOException {
    int start = central.position();
    long place = directory.position() + start;
    if (central.remaining() < CENTRAL_BYTES || central.getInt(start) != CENTRAL_HEADER) {
      throw bytes.corrupt(place, "expected an entry of a zip directory");
    }
    int nameLength = unsignedShort(central, start + 28);
    int extraLength = unsignedShort(central, start + 30);
    int commentLength = unsignedShort(central, start + 32);
    int length = CENTRAL_BYTES + nameLength + extraLength + commentLength;
    if (central.remaining() < length) {
      throw bytes.corrupt(place, "a zip directory cut short");
    }
    byte[] nameBytes = new byte[nameLength];
    central.get(start + CENTRAL_BYTES, nameBytes);
    central.position(start + length);
    String name = new String(nameBytes, StandardCharsets.UTF_8);

    boolean encrypted = (unsignedShort(central, start + 8) & 1) != 0;
    int method = unsignedShort(central, start + 10);
    if (encrypted || method != 0) {
      throw bytes.corrupt(
          place,
          "%s is %s; expected records as PyTorch stores them, as they are",
          name,
          encrypted ? "encrypted" : "compressed");
    }
    ByteBuffer zip64 =
        zip64Extra(
            central
                .slice(start + CENTRAL_BYTES + nameLength, extraLength)
                .order(ByteOrder.LITTLE_ENDIAN));
    long size = field(bytes, place, central, start + 24, zip64);
    long storedSize = field(bytes, place, central, start + 20, zip64);
    long header = field(bytes, place, central, start + 42, zip64);
    if (size < 0 || size != storedSize) {
      throw bytes.corrupt(place, "%s of %d bytes takes %d", name, size, storedSize);
    }
    long position = recordStart(bytes, directory, header, name, nameBytes);
    if (size > directory.position() - position) {
      throw bytes.corrupt(place, "%s of %d bytes at %d leaves no directory", name, size, position);
    }
    return new Entry(name, header, position, size, central.getInt(start + 16));
  }

  private static long recordStart(
      WeightBytes bytes, Directory directory, long header, String name, byte[] nameBytes)
      throws IOException {
    long latest = directory.position() - LOCAL_BYTES - nameBytes.length;
    if (header < 0 || header > latest) {
      throw bytes.corrupt(directory.position(), "%s at %d is beyond the records", name, header);
    }
    ByteBuffer local = bytes.read(header, LOCAL_BYTES + nameBytes.length);
    if (local.getInt(0) != LOCAL_HEADER
        || unsignedShort(local, 26) != nameBytes.length
        || !Arrays.equals(
            local.array(), LOCAL_BYTES, local.capacity(), nameBytes, 0, nameBytes.length)) {
      throw bytes.corrupt(header, "expected the header of " + name);
    }
    return header + local.capacity() + unsignedShort(local, 28);
  }

  /** The content of the extra field in which zip64 keeps large numbers; empty if there is none. */
  private static ByteBuffer zip64Extra(ByteBuffer extra) {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xffff;
      int length = Math.min(extra.getShort() & 0xffff, extra.remaining());
      if (id == ZIP64_EXTRA) {
        return extra.limit(extra.position() + length);
      }
      extra.position(extra.position() + length);
    }
    return ByteBuffer.allocate(0);
  }

  private static long field(
      WeightBytes bytes, long place, ByteBuffer central, int at, ByteBuffer zip64)
      throws IOException {
    long value = unsignedInt(central, at);
    if (value != IN_ZIP64) {
      return value;
    }
    if (zip64.remaining() < Long.BYTES) {
      throw bytes.corrupt(place, "a zip entry without its large numbers");
    }
    return zip64.getLong();
  }

  private static void checkOverlaps(WeightBytes bytes, Map<String, Entry> entries)
      throws IOException {
    List<Entry> byPlace = new ArrayList<>(entries.values());
    byPlace.sort(Comparator.comparingLong(Entry::header));
    long end = 0;
    for (Entry entry : byPlace) {
      if (entry.header() < end) {
        throw bytes.corrupt(entry.header(), entry.name() + " overlaps another zip record");
      }
      end = entry.position() + entry.size();
    }
  }

  private static int unsignedShort(ByteBuffer buffer, int at) {
    return buffer.getShort(at) & 0xffff;
  }

  private static long unsignedInt(ByteBuffer buffer, int at) {
    return buffer.getInt(at) & 0xffffffffL;
  }
}
