package org.ipt4j.data.image;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * A colour image: planar RGB, [3,H,W] row by row, values on the scale 0..255. Immutable. An image
 * read from a file or {@linkplain #quantised() quantised} takes a byte per value; any other a
 * float, which may lie between the integers or beyond 0..255.
 */
public final class Image {
  /** Red, green and blue. */
  public static final int CHANNELS = 3;

  /** The most values that an array holds, and so an image in memory, or a batch. */
  public static final int MOST_VALUES = Integer.MAX_VALUE - 16;

  private static final int GREEN = 1;
  private static final int DETAIL_PLACES = 16; // along each side of an area

  /** A byte's value: a table, since Java converts integers to floats one after the other. */
  private static final float[] VALUES = new float[256];

  static {
    for (int i = 0; i < VALUES.length; i++) {
      VALUES[i] = i;
    }
  }

  private final int height;
  private final int width;
  // exactly one of the two is there
  private final float[] floats;
  private final byte[] bytes;

  /** Takes over {@code pixels} [3,H,W], which must not be written to afterwards. */
  public Image(int height, int width, float[] pixels) {
    this(height, width, Objects.requireNonNull(pixels, "pixels"), null);
  }

  /** Takes over {@code pixels} [3,H,W], unsigned. */
  static Image ofBytes(int height, int width, byte[] pixels) {
    return new Image(height, width, null, Objects.requireNonNull(pixels, "pixels"));
  }

  private Image(int height, int width, float[] floats, byte[] bytes) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "an image has at least one pixel, got height " + height + ", width " + width);
    }
    int length = floats != null ? floats.length : bytes.length;
    if (length != (long) CHANNELS * height * width) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "an image of %d×%d (height×width) has %d values, got %d",
              height,
              width,
              (long) CHANNELS * height * width,
              length));
    }
    this.height = height;
    this.width = width;
    this.floats = floats;
    this.bytes = bytes;
  }

  /**
   * How many values an image in memory has.
   *
   * @throws IllegalArgumentException if they are more than an array holds
   */
  static int values(int channels, int height, int width) {
    long pixels = (long) height * width;
    if (pixels > MOST_VALUES / channels) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d×%d pixels (height×width) have %d values, more than the %d of an image in memory;"
                  + " a file of PNG, or of TIFF up to 4 GiB, is written row by row and takes them",
              height,
              width,
              BigInteger.valueOf(pixels).multiply(BigInteger.valueOf(channels)),
              MOST_VALUES));
    }
    return (int) (channels * pixels);
  }

  /**
   * Collects all rows of an image.
   *
   * @throws IllegalArgumentException if it has more than {@link #MOST_VALUES}
   */
  static Image of(Rows rows) {
    int height = rows.height();
    int width = rows.width();
    float[] pixels = new float[values(CHANNELS, height, width)];
    float[] row = new float[CHANNELS * width];
    for (int y = 0; y < height; y++) {
      rows.next(row);
      for (int c = 0; c < CHANNELS; c++) {
        System.arraycopy(row, c * width, pixels, (c * height + y) * width, width);
      }
    }
    return new Image(height, width, pixels);
  }

  /**
   * Collects all rows of an image, {@linkplain #quantised() quantised}.
   *
   * @throws IllegalArgumentException if it has more than {@link #MOST_VALUES}
   */
  public static Image quantised(Rows rows) {
    int height = rows.height();
    int width = rows.width();
    byte[] pixels = new byte[values(CHANNELS, height, width)];
    float[] row = new float[CHANNELS * width];
    for (int y = 0; y < height; y++) {
      rows.next(row);
      for (int c = 0; c < CHANNELS; c++) {
        int to = (c * height + y) * width;
        for (int x = 0; x < width; x++) {
          pixels[to + x] = (byte) quantise(row[c * width + x]);
        }
      }
    }
    return ofBytes(height, width, pixels);
  }

  /** The rows of this image, from the top. */
  public Rows rows() {
    return new CountedRows(
        height,
        width,
        (y, target) -> {
          for (int c = 0, to = 0; c < CHANNELS; c++) {
            int from = (c * height + y) * width;
            for (int x = 0; x < width; x++, to++) {
              target[to] = floats != null ? floats[from + x] : bytes[from + x] & 0xFF;
            }
          }
        });
  }

  /** H. */
  public int height() {
    return height;
  }

  /** W. */
  public int width() {
    return width;
  }

  /** The values [3,H,W]; read only, since they may be this image's own. */
  public float[] pixels() {
    if (floats != null) {
      return floats;
    }
    float[] copy = new float[bytes.length];
    copyTo(copy, 0);
    return copy;
  }

  /** Copies the values [3,H,W] into {@code target} from {@code offset} on. */
  public void copyTo(float[] target, int offset) {
    if (floats != null) {
      System.arraycopy(floats, 0, target, offset, floats.length);
      return;
    }
    for (int i = 0; i < bytes.length; i++) {
      target[offset + i] = VALUES[bytes[i] & 0xFF];
    }
  }

  /** Copies the values [H,W] of a channel of an image of bytes. */
  void copyPlane(int channel, float[][] target) {
    for (int y = 0; y < height; y++) {
      int from = (channel * height + y) * width;
      float[] row = target[y];
      for (int x = 0; x < width; x++) {
        row[x] = VALUES[bytes[from + x] & 0xFF];
      }
    }
  }

  /** One value; to look at a pixel, not for loops. */
  public float at(int channel, int y, int x) {
    Objects.checkIndex(channel, CHANNELS);
    Objects.checkIndex(y, height);
    Objects.checkIndex(x, width);
    return value((channel * height + y) * width + x);
  }

  private float value(int place) {
    return floats != null ? floats[place] : bytes[place] & 0xFF;
  }

  /** The image as an 8-bit file holds it: clipped to 0..255 and rounded, half up; NaN is 0. */
  public Image quantised() {
    if (bytes != null) {
      return this;
    }
    byte[] rounded = new byte[floats.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (byte) quantise(floats[i]);
    }
    return ofBytes(height, width, rounded);
  }

  /** The nearest of 0..255, half up; 0 for NaN. */
  static int quantise(double value) {
    return (int) (clip(value) + 0.5);
  }

  static double clip(double value) {
    return value < 0 ? 0 : value > 255 ? 255 : value;
  }

  /** The nearest value in 0..255. */
  public static float clip(float value) {
    return value < 0 ? 0 : value > 255 ? 255 : value;
  }

  /** The part of that height and width whose upper left pixel is (top, left). */
  public Image crop(int top, int left, int height, int width) {
    return window(false, 0, top, left, height, width);
  }

  /** The part within an area. */
  public Image crop(Area area) {
    return crop(area.top(), area.left(), area.height(), area.width());
  }

  /** The upper left part whose sides are the largest multiples of {@code scale}. */
  public Image croppedToMultiple(int scale) {
    if (height % scale == 0 && width % scale == 0) {
      return this;
    }
    if (Math.min(height, width) < scale) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "expected an image of at least %d×%d pixels, got %s",
              scale,
              scale,
              this));
    }
    return crop(0, 0, height - height % scale, width - width % scale);
  }

  /** The part in the middle that is at most {@code most} pixels high and wide. */
  public Image middle(int most) {
    int rows = Math.min(most, height);
    int columns = Math.min(most, width);
    return crop((height - rows) / 2, (width - columns) / 2, rows, columns);
  }

  /** This image, flipped left to right; doing it twice gives the original. */
  public Image mirrored() {
    return turned(true, 0);
  }

  /** This image, rotated anticlockwise by that many quarter turns. */
  public Image turned(int quarterTurns) {
    return turned(false, quarterTurns);
  }

  /**
   * One of the eight flips and rotations: flipped left to right if asked, then rotated
   * anticlockwise by that many quarter turns. A flipped image is restored by doing the same again,
   * any other by rotating back.
   */
  public Image turned(boolean mirrored, int quarterTurns) {
    boolean upright = quarterTurns % 2 == 0;
    return window(mirrored, quarterTurns, 0, 0, upright ? height : width, upright ? width : height);
  }

  /**
   * The same as {@code turned(mirrored, quarterTurns).crop(top, left, rows, columns)}, at the cost
   * of the crop only.
   */
  public Image window(
      boolean mirrored, int quarterTurns, int top, int left, int rows, int columns) {
    int turn = quarterTurns & 3;
    boolean upright = turn % 2 == 0;
    checkWithin("rows", top, rows, upright ? height : width);
    checkWithin("columns", left, columns, upright ? width : height);
    // this image's (row, column) at the window's (y, x): start + y·down + x·across
    int[] start = at(turn, mirrored, top, left);
    int[] below = at(turn, mirrored, top + 1, left);
    int[] beside = at(turn, mirrored, top, left + 1);
    int down = (below[0] - start[0]) * width + below[1] - start[1];
    int across = (beside[0] - start[0]) * width + beside[1] - start[1];
    float[] outFloats = floats != null ? new float[CHANNELS * rows * columns] : null;
    byte[] outBytes = bytes != null ? new byte[CHANNELS * rows * columns] : null;
    int out = 0;
    for (int c = 0; c < CHANNELS; c++) {
      for (int y = 0; y < rows; y++) {
        int in = c * height * width + start[0] * width + start[1] + y * down;
        if (across == 1) {
          System.arraycopy(
              bytes != null ? bytes : floats,
              in,
              bytes != null ? outBytes : outFloats,
              out,
              columns);
          out += columns;
        } else if (bytes != null) {
          for (int x = 0; x < columns; x++, in += across) {
            outBytes[out++] = bytes[in];
          }
        } else {
          for (int x = 0; x < columns; x++, in += across) {
            outFloats[out++] = floats[in];
          }
        }
      }
    }
    return new Image(rows, columns, outFloats, outBytes);
  }

  /** The area of this image that a {@link #window} shows. */
  Area covered(boolean mirrored, int quarterTurns, int top, int left, int rows, int columns) {
    int turn = quarterTurns & 3;
    int[] first = at(turn, mirrored, top, left);
    int[] last = at(turn, mirrored, top + rows - 1, left + columns - 1);
    return new Area(
        Math.min(first[0], last[0]),
        Math.min(first[1], last[1]),
        Math.abs(first[0] - last[0]) + 1,
        Math.abs(first[1] - last[1]) + 1);
  }

  /** {@link Window#detail} of an area. */
  double detail(Area area) {
    int down = Math.min(DETAIL_PLACES, area.height() - 1);
    int across = Math.min(DETAIL_PLACES, area.width() - 1);
    double sum = 0;
    for (int i = 0; i < down; i++) {
      int y = area.top() + i * (area.height() - 1) / down;
      for (int j = 0; j < across; j++) {
        int x = area.left() + j * (area.width() - 1) / across;
        int place = (GREEN * height + y) * width + x;
        float pixel = value(place);
        sum += Math.abs(pixel - value(place + width)) + Math.abs(pixel - value(place + 1));
      }
    }
    return sum / Math.max(1, down * across);
  }

  // where the turned image's (y, x) lies in this one
  private int[] at(int turn, boolean mirrored, int y, int x) {
    int row;
    int column;
    switch (turn) {
      case 0 -> {
        row = y;
        column = x;
      }
      case 1 -> {
        row = x;
        column = width - 1 - y;
      }
      case 2 -> {
        row = height - 1 - y;
        column = width - 1 - x;
      }
      default -> {
        row = height - 1 - x;
        column = y;
      }
    }
    return new int[] {row, mirrored ? width - 1 - column : column};
  }

  private static void checkWithin(String what, int from, int count, int all) {
    if (from < 0 || count < 1 || count > all - from) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a crop lies within the image's %d %s, got %d from %d on",
              all,
              what,
              count,
              from));
    }
  }

  /** The values of an image of bytes [3,H,W], its own; read only. */
  byte[] bytes() {
    return bytes;
  }

  /** Whether it takes a byte per value. */
  boolean isBytes() {
    return bytes != null;
  }

  /** The bytes of memory that the pixels take. */
  long memory() {
    return bytes != null ? bytes.length : 4L * floats.length;
  }

  /** True for an image of the same size with the same values, however they are held. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Image image
        && height == image.height
        && width == image.width
        && (bytes != null && image.bytes != null
            ? Arrays.equals(bytes, image.bytes)
            : Arrays.equals(pixels(), image.pixels()));
  }

  @Override
  public int hashCode() {
    return 31 * (31 * height + width) + (int) at(0, height / 2, width / 2);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d×%d pixels (height×width)", height, width);
  }
}
