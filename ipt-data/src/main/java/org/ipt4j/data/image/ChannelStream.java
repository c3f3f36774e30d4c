package org.ipt4j.data.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Locale;
import javax.imageio.stream.ImageOutputStreamImpl;

/**
 * A file in the form that ImageIO's writers need, some of which seek backwards; buffers nothing.
 */
final class ChannelStream extends ImageOutputStreamImpl {
  private final FileChannel channel;
  private final ImageFormat format;

  /** Closing this stream leaves the channel open; more than the format's files hold is refused. */
  ChannelStream(FileChannel channel, ImageFormat format) {
    this.channel = channel;
    this.format = format;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    bitOffset = 0;
    int count = channel.read(ByteBuffer.wrap(target, offset, length), streamPos);
    streamPos += Math.max(0, count);
    return count;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    flushBits();
    if (length > format.bytes() - streamPos) { // Java's writer would go on with wrong places
      throw new IOException(
          String.format(
              Locale.ROOT,
              "a %s file holds at most %d bytes, which are too few; PNG takes the image",
              format,
              format.bytes()));
    }
    ByteBuffer left = ByteBuffer.wrap(source, offset, length);
    while (left.hasRemaining()) {
      streamPos += channel.write(left, streamPos);
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
}
