package org.ipt4j.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.ipt4j.core.SuppressForbidden;

/**
 * Images of a zip file, read in place. The file stays open as long as this is reachable, for
 * opening it means reading its directory.
 */
final class ZipEntries implements StoredImages.Entries {
  private final String archive;
  private final ZipFile zip;
  private final List<String> members;

  @SuppressForbidden("a ZipFile is opened by a File")
  ZipEntries(Path file) throws IOException {
    archive = file.getFileName().toString();
    try {
      if (!Files.exists(Path.of(file.toString()))) {
        throw new IOException(
            "Java opens no archive whose name the locale's encoding cannot write");
      }
      zip = new ZipFile(file.toFile());
    } catch (IOException | IllegalArgumentException e) {
      throw new UnreadableImageException(file.toString(), e);
    }
    members =
        zip.stream()
            .filter(entry -> !entry.isDirectory() && ImageFiles.isImage(entry.getName()))
            .map(ZipEntry::getName)
            .sorted()
            .toList();
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
    InputStream bytes = new Bounded(zip.getInputStream(zip.getEntry(members.get(index))));
    return new MemoryCacheImageInputStream(bytes) {
      @Override
      public void close() throws IOException {
        super.close();
        bytes.close();
      }
    };
  }

  /** Ends with an exception where a small member unpacks to more than any image has. */
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
