package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file in the form that ImageIO's readers need. Unlike {@code FileImageInputStream}, which takes
 * a {@link java.io.File}, it opens files whose names the locale's encoding cannot express; unlike a
 * channel, it keeps reading in a thread that is interrupted.
 */
final class FileStream extends ImageInputStreamImpl {
  private final Path file;
  private FileChannel channel;

  FileStream(Path file) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    checkClosed();
    bitOffset = 0;
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          int count = channel.read(ByteBuffer.wrap(target, offset, length), streamPos);
          streamPos += Math.max(0, count);
          return count;
        } catch (ClosedByInterruptException closed) {
          interrupted |= Thread.interrupted();
          channel = FileChannel.open(file);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public long length() {
    try {
      return channel.size();
    } catch (IOException unknown) {
      return -1;
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    channel.close();
  }
}
