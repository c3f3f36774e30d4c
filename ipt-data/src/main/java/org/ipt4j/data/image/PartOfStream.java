package org.ipt4j.data.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A part of another stream as a stream of its own, read in blocks. Reading at its end fails: some
 * decoders take missing bytes for zeros and would go on for minutes.
 */
class PartOfStream extends ImageInputStreamImpl {
  private static final int READS_AT_END = 1000;

  private final ImageInputStream whole;
  private final long start;
  private final long size;
  private final byte[] block = new byte[8192];
  private long blockStart;
  private int blockSize;
  private int readsAtEnd;

  /** Closing this leaves {@code whole} open; a size of −1 means everything there is. */
  PartOfStream(ImageInputStream whole, long start, long size) {
    this.whole = whole;
    this.start = start;
    this.size = size;
  }

  @Override
  public int read() throws IOException {
    bitOffset = 0;
    if (!fill()) {
      return -1;
    }
    return block[(int) (streamPos++ - blockStart)] & 0xFF;
  }

  // as much as there is: ImageInputStreamImpl takes four bytes of an int in one read or none
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    bitOffset = 0;
    int done = 0;
    while (done < length && fill()) {
      int from = (int) (streamPos - blockStart);
      int count = Math.min(length - done, blockSize - from);
      System.arraycopy(block, from, target, offset + done, count);
      streamPos += count;
      done += count;
    }
    return done > 0 || length == 0 ? done : -1;
  }

  // makes the block hold the byte at streamPos, false at the end
  private boolean fill() throws IOException {
    checkClosed();
    if (streamPos >= blockStart && streamPos < blockStart + blockSize) {
      return true;
    }
    int wanted =
        size < 0 ? block.length : (int) Math.max(0, Math.min(block.length, size - streamPos));
    whole.seek(start + streamPos);
    int count = wanted == 0 ? 0 : whole.read(block, 0, wanted);
    if (count <= 0) {
      if (++readsAtEnd > READS_AT_END) {
        throw new IOException("ends too soon");
      }
      return false;
    }
    blockStart = streamPos;
    blockSize = count;
    return true;
  }

  @Override
  public long length() {
    try {
      return size >= 0 ? size : whole.length();
    } catch (IOException unknown) {
      return -1;
    }
  }
}
