package org.ipt4j.data.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.stream.ImageInputStream;

/**
 * Images of a tar file, read in place after one pass over its headers: POSIX.1-2001 (ustar, pax)
 * and GNU long names. If the pass cannot go on, the rest counts as one entry that cannot be read.
 */
final class TarEntries implements StoredImages.Entries {
  private static final int BLOCK = 512;
  private static final int LONGEST_NAME = 1 << 16;

  /** The place of a member's bytes; or the reason why they cannot be read. */
  private record Member(String name, long start, long size, String damage) {}

  private final Path file;
  private final List<Member> members = new ArrayList<>();

  TarEntries(Path file) throws UnreadableImageException {
    this.file = file;
    if (!Files.exists(file)) {
      throw new UnreadableImageException(file.toString(), ImageFiles.missing(file));
    }
    try (ImageInputStream tar = new FileStream(file)) {
      walk(tar);
    } catch (IOException e) {
      throw new UnreadableImageException(file.toString(), e);
    }
  }

  private void walk(ImageInputStream tar) throws IOException {
    byte[] header = new byte[BLOCK];
    String longName = null;
    String longSize = null;
    for (long at = 0; at < tar.length(); ) {
      long size;
      try {
        tar.seek(at);
        tar.readFully(header);
        if (isZero(header)) {
          return; // the end mark
        }
        checkSum(header);
        size = number(header, 124, 12);
        switch (header[156]) {
          case 'L' -> longName = text(tar, at + BLOCK, size);
          case 'x' -> {
            String records = text(tar, at + BLOCK, size);
            longName = paxValue(records, "path", longName);
            longSize = paxValue(records, "size", longSize);
          }
          case 'g', 'K' -> {} // of all members, or of where links lead
          default -> {
            size = longSize != null ? checked(Long.parseLong(longSize)) : size;
            if (header[156] == '0' || header[156] == 0) {
              add(longName != null ? longName : name(header), at + BLOCK, size, tar.length());
            }
            longName = null;
            longSize = null;
          }
        }
      } catch (EOFException | StreamCorruptedException | NumberFormatException e) {
        String damage = "damaged at byte " + at + ", what follows cannot be read";
        members.add(new Member("", at, 0, damage));
        return;
      }
      at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
  }

  private void add(String name, long start, long size, long end) {
    if (ImageFiles.isImage(name)) {
      members.add(new Member(name, start, size, start + size > end ? "cut short" : null));
    }
  }

  private static boolean isZero(byte[] header) {
    for (byte b : header) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  // the sum of all bytes, those of the sum itself taken as blanks
  private static void checkSum(byte[] header) throws IOException {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
    }
    if (sum != number(header, 148, 8)) {
      throw new StreamCorruptedException("checksum");
    }
  }

  // octal digits; or, the first bit set, binary as GNU tar writes sizes from 8 GiB on
  private static long number(byte[] header, int from, int length) throws IOException {
    if (header[from] < 0) {
      long value = 0;
      for (int i = from + length - 8; i < from + length; i++) {
        value = value << 8 | header[i] & 0xFF;
      }
      return checked(value);
    }
    String digits = string(header, from, length).strip();
    return checked(digits.isEmpty() ? 0 : Long.parseLong(digits, 8));
  }

  private static long checked(long size) throws IOException {
    if (size < 0 || size > Long.MAX_VALUE / 4) {
      throw new StreamCorruptedException("size " + size);
    }
    return size;
  }

  private static String name(byte[] header) {
    String name = string(header, 0, 100);
    boolean posix = string(header, 257, 6).equals("ustar");
    String prefix = posix ? string(header, 345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  // up to the first zero
  private static String string(byte[] bytes, int from, int length) {
    int end = from;
    while (end < from + length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, StandardCharsets.UTF_8);
  }

  private static String text(ImageInputStream tar, long start, long size) throws IOException {
    if (size > LONGEST_NAME) {
      throw new StreamCorruptedException("a name of " + size + " bytes");
    }
    byte[] bytes = new byte[(int) size];
    tar.seek(start);
    tar.readFully(bytes);
    return string(bytes, 0, bytes.length);
  }

  // records "length key=value\n"
  private static String paxValue(String records, String key, String fallback) {
    for (String record : records.split("\n")) {
      int blank = record.indexOf(' ');
      if (record.startsWith(key + "=", blank + 1)) {
        return record.substring(blank + key.length() + 2);
      }
    }
    return fallback;
  }

  @Override
  public int size() {
    return members.size();
  }

  @Override
  public String name(int index) {
    String name = members.get(index).name;
    return name.isEmpty() ? file.getFileName().toString() : file.getFileName() + "/" + name;
  }

  @Override
  public ImageInputStream open(int index) throws IOException {
    Member member = members.get(index);
    if (member.damage != null) {
      throw new UnreadableImageException(name(index), member.damage);
    }
    ImageInputStream tar = new FileStream(file);
    return new PartOfStream(tar, member.start, member.size) {
      @Override
      public void close() throws IOException {
        super.close();
        tar.close();
      }
    };
  }
}
