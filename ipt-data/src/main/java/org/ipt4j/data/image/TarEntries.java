package org.ipt4j.data.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.stream.ImageInputStream;

/**
 * Images of a tar file, read in place after one pass over its headers: POSIX.1-2001 (ustar, pax)
 * and GNU long names. Links to its own members are those. If the pass cannot go on, the rest counts
 * as one entry that cannot be read.
 */
final class TarEntries implements StoredImages.Entries {
  private static final int BLOCK = 512;
  private static final int LONGEST_NAME = 1 << 16;
  private static final int MOST_LINKS = 40; // to links, as Linux has it

  /** The place of a member's bytes; or the reason why they cannot be read. */
  private record Member(String name, long start, long size, String damage) {}

  /** A member that is another one; {@code index} is its place among the members. */
  private record Link(int index, String name, String target, boolean symbolic) {}

  private final Path file;
  private final List<Member> members = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();

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
    if (!links.isEmpty()) {
      follow();
    }
  }

  private void walk(ImageInputStream tar) throws IOException {
    byte[] header = new byte[BLOCK];
    String longName = null;
    String longTarget = null;
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
          case 'K' -> longTarget = text(tar, at + BLOCK, size);
          case 'x' -> {
            String records = text(tar, at + BLOCK, size);
            longName = paxValue(records, "path", longName);
            longTarget = paxValue(records, "linkpath", longTarget);
            longSize = paxValue(records, "size", longSize);
          }
          case 'g' -> {} // of all members
          default -> {
            size = longSize != null ? checked(Long.parseLong(longSize)) : size;
            String name = longName != null ? longName : name(header);
            switch (header[156]) {
              case '0', 0 -> add(name, at + BLOCK, size, tar.length());
              case '1', '2' ->
                  addLink(
                      name,
                      longTarget != null ? longTarget : string(header, 157, 100),
                      header[156] == '2');
              default -> {} // folders and devices
            }
            longName = null;
            longTarget = null;
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

  private void addLink(String name, String target, boolean symbolic) {
    if (ImageFiles.isImage(name)) {
      links.add(new Link(members.size(), name, target, symbolic));
      members.add(null); // until all are known
    }
  }

  private void follow() {
    Map<String, Member> files = new HashMap<>();
    for (Member member : members) {
      if (member != null) {
        files.put(plain(member.name), member);
      }
    }
    Map<String, Link> others = new HashMap<>();
    links.forEach(link -> others.put(plain(link.name), link));
    for (Link link : links) {
      Member file = null;
      Link last = link;
      for (int i = 0; file == null && last != null && i < MOST_LINKS; i++) {
        String next = place(last);
        file = files.get(next);
        last = others.get(next);
      }
      String lost = "a link to " + link.target + ", which is no image of the archive";
      members.set(
          link.index,
          file == null
              ? new Member(link.name, 0, 0, lost)
              : new Member(link.name, file.start, file.size, file.damage));
    }
    links.clear();
  }

  // a symbolic link leads on from its own folder, a hard one from the archive's root
  private static String place(Link link) {
    String folder = link.name.substring(0, link.name.lastIndexOf('/') + 1);
    return plain(
        link.symbolic && !link.target.startsWith("/") ? folder + link.target : link.target);
  }

  // without "." and, where they can be told, ".."
  private static String plain(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/")) {
      if (part.equals("..") && !parts.isEmpty() && !parts.peekLast().equals("..")) {
        parts.removeLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    return (path.startsWith("/") ? "/" : "") + String.join("/", parts);
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
