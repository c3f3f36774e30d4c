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
    int count =
        (int) uninterrupted(open -> open.read(ByteBuffer.wrap(target, offset, length), streamPos));
    streamPos += Math.max(0, count);
    return count;
  }

  @Override
  public long length() {
    try {
      return uninterrupted(FileChannel::size);
    } catch (IOException unknown) {
      return -1;
    }
  }

  /** What the file is asked for. */
  @FunctionalInterface
  private interface Question {
    long ask(FileChannel open) throws IOException;
  }

  /** An interrupt closes the channel, which is opened again then. */
  private long uninterrupted(Question question) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return question.ask(channel);
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
  public void close() throws IOException {
    super.close();
    channel.close();
  }
}
