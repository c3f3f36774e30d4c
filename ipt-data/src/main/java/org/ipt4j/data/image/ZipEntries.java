package org.ipt4j.data.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.ipt4j.core.SuppressForbidden;

/**
 * Images of a zip file, read in place. The file stays open as long as this object is reachable,
 * since opening it means reading its directory.
 */
final class ZipEntries implements StoredImages.Entries {
  /**
   * The encoding of names that are not marked as UTF-8, by the format's description (APPNOTE D.1).
   * Names in other encodings come out wrong but distinct, which is enough.
   */
  private static final Charset OLD_NAMES =
      Charset.isSupported("IBM437") ? Charset.forName("IBM437") : StandardCharsets.ISO_8859_1;

  private final String archive;
  private final ZipFile zip;
  private final List<String> members; // in order

  ZipEntries(Path file) throws IOException {
    archive = file.getFileName().toString();
    zip = open(file);
    members =
        zip.stream()
            .filter(entry -> !entry.isDirectory() && ImageFiles.isImage(entry.getName()))
            .map(ZipEntry::getName)
            .sorted()
            .toList();
  }

  @SuppressForbidden("a ZipFile is opened by a File")
  private static ZipFile open(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new UnreadableImageException(file.toString(), ImageFiles.missing(file));
    }
    if (!Files.exists(Path.of(file.toString()))) {
      throw new UnreadableImageException(
          file.toString(), "Java opens no archive whose name the locale's encoding cannot write");
    }
    try {
      return new ZipFile(file.toFile());
    } catch (ZipException | IllegalArgumentException notUtf8OrDamaged) {
      try {
        return new ZipFile(file.toFile(), OLD_NAMES);
      } catch (IOException | IllegalArgumentException damaged) {
        String reason =
            "damaged, or no zip file (" + UnreadableImageException.reason(notUtf8OrDamaged) + ")";
        throw new UnreadableImageException(file.toString(), reason, notUtf8OrDamaged);
      }
    } catch (IOException e) {
      throw new UnreadableImageException(file.toString(), e);
    }
  }

  @Override
  public int size() {
    return members.size();
  }

  @Override
  public String name(int index) {
    return archive + "/" + members.get(index);
  }

  @Override
  public ImageInputStream open(int index) throws IOException {
    if (isNamed(index, index - 1) || isNamed(index, index + 1)) { // Java reads any one of them
      throw new UnreadableImageException(name(index), "several members have this name");
    }
    InputStream bytes = new Bounded(zip.getInputStream(zip.getEntry(members.get(index))));
    return new MemoryCacheImageInputStream(bytes) {
      @Override
      public void close() throws IOException {
        super.close();
        bytes.close();
      }
    };
  }

  private boolean isNamed(int index, int other) {
    return other >= 0 && other < size() && members.get(other).equals(members.get(index));
  }

  /** Throws an exception if a small member unpacks to more than any image has. */
  private static final class Bounded extends FilterInputStream {
    private static final long LARGEST = 1L << 30;

    private long left = LARGEST;

    Bounded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = super.read(target, offset, length);
      left -= Math.max(0, count);
      if (left < 0) {
        throw new IOException("unpacks to more than " + LARGEST + " bytes");
      }
      return count;
    }
  }
}
