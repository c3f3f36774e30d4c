package org.ipt4j.data.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;

/** Small images for tests. */
public final class Images {
  private Images() {}

  public static Image constant(int height, int width, float value) {
    float[] pixels = new float[3 * height * width];
    Arrays.fill(pixels, value);
    return new Image(height, width, pixels);
  }

  public static Image noise(int height, int width, RandomGenerator random) {
    byte[] pixels = new byte[3 * height * width];
    random.nextBytes(pixels);
    return Image.ofBytes(height, width, pixels);
  }

  /** A PNG file with one chunk more, ahead of its pixels or behind them. */
  public static byte[] png(byte[] file, boolean early, String kind, byte[] data) {
    int at = early ? 33 : file.length - 12; // behind IHDR, ahead of IEND
    ByteBuffer more = ByteBuffer.allocate(file.length + 12 + data.length).put(file, 0, at);
    more.putInt(data.length).put(kind.getBytes(StandardCharsets.ISO_8859_1)).put(data);
    CRC32 crc = new CRC32();
    crc.update(more.array(), at + 4, 4 + data.length);
    more.putInt((int) crc.getValue()).put(file, at, file.length - at);
    return more.array();
  }
}
