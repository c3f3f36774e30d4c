package org.ipt4j.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** A zip archive put together by hand, so that every field can be wrong. */
final class TestZip {
  private final ByteArrayOutputStream file = new ByteArrayOutputStream();
  private final ByteArrayOutputStream directory = new ByteArrayOutputStream();
  private int entries;

  int flags;
  int method;
  boolean zip64;

  /** Added to what the directory says. */
  long wrongSize;

  long wrongOffset;
  int wrongCrc;

  TestZip add(String name, String content) {
    byte[] data = content.getBytes(StandardCharsets.ISO_8859_1);
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    int offset = file.size();
    // version, flags, method, time, date; crc and sizes follow in the directory
    ByteBuffer local = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN);
    file.writeBytes(local.putInt(0x04034b50).putShort(26, (short) nameBytes.length).array());
    file.writeBytes(nameBytes);
    file.writeBytes(data);
    CRC32 crc = new CRC32();
    crc.update(data);
    long size = data.length + wrongSize;
    ByteBuffer header = ByteBuffer.allocate(46).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(0, 0x02014b50).putShort(8, (short) flags).putShort(10, (short) method);
    header.putInt(16, (int) crc.getValue() + wrongCrc);
    header.putInt(20, zip64 ? -1 : (int) size).putInt(24, zip64 ? -1 : (int) size);
    header.putShort(28, (short) nameBytes.length).putShort(30, (short) (zip64 ? 32 : 0));
    header.putInt(42, zip64 ? -1 : (int) (offset + wrongOffset));
    directory.writeBytes(header.array());
    directory.writeBytes(nameBytes);
    if (zip64) { // after another extra field
      ByteBuffer extra = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
      extra.putShort((short) 0x4246).putShort((short) 0);
      extra.putShort((short) 1).putShort((short) 24);
      directory.writeBytes(extra.putLong(size).putLong(size).putLong(offset + wrongOffset).array());
    }
    entries++;
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(file.toByteArray());
    all.writeBytes(directory.toByteArray());
    ByteBuffer end = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
    end.putInt(0, 0x06054b50).putShort(8, (short) entries).putShort(10, (short) entries);
    end.putInt(12, directory.size()).putInt(16, file.size());
    all.writeBytes(end.array());
    return all.toByteArray();
  }
}
