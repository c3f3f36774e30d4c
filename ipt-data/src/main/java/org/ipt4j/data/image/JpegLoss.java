package org.ipt4j.data.image;

import java.util.Arrays;
import javax.imageio.plugins.jpeg.JPEGQTable;

/**
 * What JPEG compression and decompression do to an image, without the coding between them, which
 * loses nothing: to the bit as libjpeg does it by default (integer transforms, "islow"; chroma
 * halved both ways and enlarged by triangles, "fancy upsampling"). Names are those of libjpeg.
 */
final class JpegLoss {
  private static final int BLOCK = 8;
  private static final int CONST_BITS = 13;
  private static final int PASS1_BITS = 2;
  private static final int SCALE_BITS = 16; // of the colours' factors
  private static final int ONE_HALF = 1 << (SCALE_BITS - 1);
  private static final int CENTRE = 128;
  private static final int RECIPROCAL_BITS = 28;
  private static final int NARROW = 2; // columns of chroma that are enlarged by repetition

  // of the discrete cosine transform, with CONST_BITS
  private static final int F_0_298 = 2446;
  private static final int F_0_390 = 3196;
  private static final int F_0_541 = 4433;
  private static final int F_0_765 = 6270;
  private static final int F_0_899 = 7373;
  private static final int F_1_175 = 9633;
  private static final int F_1_501 = 12299;
  private static final int F_1_847 = 15137;
  private static final int F_1_961 = 16069;
  private static final int F_2_053 = 16819;
  private static final int F_2_562 = 20995;
  private static final int F_3_072 = 25172;

  private final int height;
  private final int width;
  private final int[] block = new int[BLOCK * BLOCK];

  private JpegLoss(int height, int width) {
    this.height = height;
    this.width = width;
  }

  /** The image of bytes, compressed with a quality of 1..100 and decompressed. */
  static Image of(Image image, int quality) {
    return new JpegLoss(image.height(), image.width())
        .apply(
            image,
            scaled(JPEGQTable.K1Luminance, quality),
            scaled(JPEGQTable.K2Chrominance, quality));
  }

  /** A table [64], row by row, as jpeg_quality_scaling and jpeg_add_quant_table scale it. */
  static int[] scaled(JPEGQTable table, int quality) {
    int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    return Arrays.stream(table.getTable())
        .map(step -> Math.max(1, Math.min(255, (step * percent + 50) / 100)))
        .toArray();
  }

  /** A plane of whole blocks. */
  private record Plane(int height, int width, int[] values) {
    static Plane of(int height, int width) {
      int rows = (height + BLOCK - 1) / BLOCK * BLOCK;
      int columns = (width + BLOCK - 1) / BLOCK * BLOCK;
      return new Plane(rows, columns, new int[rows * columns]);
    }

    /** Repeats the last of so many rows to the end. */
    void fillBelow(int rows) {
      for (int y = rows; y < height; y++) {
        System.arraycopy(values, (rows - 1) * width, values, y * width, width);
      }
    }
  }

  private Image apply(Image image, int[] lumaTable, int[] chromaTable) {
    byte[] rgb = image.bytes();
    Plane luma = Plane.of(height, width);
    Plane blue = Plane.of((height + 1) / 2, (width + 1) / 2);
    Plane red = Plane.of((height + 1) / 2, (width + 1) / 2);
    convert(rgb, luma, blue, red);
    lose(luma, lumaTable);
    lose(blue, chromaTable);
    lose(red, chromaTable);
    return Image.ofBytes(height, width, converted(luma, blue, red));
  }

  // rgb_ycc_convert, h2v2_downsample
  private void convert(byte[] rgb, Plane luma, Plane blue, Plane red) {
    int plane = height * width;
    int columns = 2 * blue.width;
    int[] blues = new int[2 * columns];
    int[] reds = new int[2 * columns];
    for (int y = 0; y < 2 * ((height + 1) / 2); y++) {
      int from = Math.min(y, height - 1) * width;
      int to = y * luma.width;
      int line = (y & 1) * columns;
      for (int x = 0; x < width; x++) {
        int r = rgb[from + x] & 0xFF;
        int g = rgb[plane + from + x] & 0xFF;
        int b = rgb[2 * plane + from + x] & 0xFF;
        if (y < height) {
          luma.values[to + x] = (19595 * r + 38470 * g + 7471 * b + ONE_HALF) >> SCALE_BITS;
        }
        int middle = (CENTRE << SCALE_BITS) + ONE_HALF - 1;
        blues[line + x] = (-11059 * r - 21709 * g + 32768 * b + middle) >> SCALE_BITS;
        reds[line + x] = (32768 * r - 27439 * g - 5329 * b + middle) >> SCALE_BITS;
      }
      for (int x = width; x < columns; x++) {
        blues[line + x] = blues[line + width - 1];
        reds[line + x] = reds[line + width - 1];
      }
      if (y < height) {
        for (int x = width; x < luma.width; x++) {
          luma.values[to + x] = luma.values[to + width - 1];
        }
      }
      if ((y & 1) == 1) {
        halve(blues, columns, blue, y / 2);
        halve(reds, columns, red, y / 2);
      }
    }
    luma.fillBelow(height);
    blue.fillBelow((height + 1) / 2);
    red.fillBelow((height + 1) / 2);
  }

  private static void halve(int[] rows, int columns, Plane target, int y) {
    for (int x = 0; x < target.width; x++) {
      int sum = rows[2 * x] + rows[2 * x + 1] + rows[columns + 2 * x] + rows[columns + 2 * x + 1];
      target.values[y * target.width + x] = (sum + 1 + (x & 1)) >> 2;
    }
  }

  // transform, quantisation and both back
  private void lose(Plane plane, int[] table) {
    int[] reciprocals = new int[table.length];
    for (int i = 0; i < table.length; i++) {
      reciprocals[i] = (1 << RECIPROCAL_BITS) / (table[i] * BLOCK) + 1;
    }
    for (int y = 0; y < plane.height; y += BLOCK) {
      for (int x = 0; x < plane.width; x += BLOCK) {
        int from = y * plane.width + x;
        for (int row = 0; row < BLOCK; row++) {
          forwardRow(plane.values, from + row * plane.width, row * BLOCK);
        }
        for (int column = 0; column < BLOCK; column++) {
          forwardColumn(column);
        }
        for (int i = 0; i < block.length; i++) {
          block[i] = requantised(block[i], table[i], reciprocals[i]);
        }
        for (int column = 0; column < BLOCK; column++) {
          inverseColumn(column);
        }
        for (int row = 0; row < BLOCK; row++) {
          inverseRow(row * BLOCK, plane.values, from + row * plane.width);
        }
      }
    }
  }

  // coefficients come 8 times too large
  private static int requantised(int coefficient, int step, int reciprocal) {
    int rounded = Math.abs(coefficient) + step * BLOCK / 2;
    int quotient = (int) ((long) rounded * reciprocal >> RECIPROCAL_BITS);
    return coefficient < 0 ? -quotient * step : quotient * step;
  }

  private static int descale(int value, int bits) {
    return (value + (1 << (bits - 1))) >> bits;
  }

  // jpeg_fdct_islow, pass 1
  private void forwardRow(int[] in, int from, int to) {
    int d0 = in[from] - CENTRE;
    int d1 = in[from + 1] - CENTRE;
    int d2 = in[from + 2] - CENTRE;
    int d3 = in[from + 3] - CENTRE;
    int d4 = in[from + 4] - CENTRE;
    int d5 = in[from + 5] - CENTRE;
    int d6 = in[from + 6] - CENTRE;
    int d7 = in[from + 7] - CENTRE;
    int even = d0 + d7 + d3 + d4;
    int odd = d1 + d6 + d2 + d5;
    block[to] = (even + odd) << PASS1_BITS;
    block[to + 4] = (even - odd) << PASS1_BITS;
    forward(
        d0 + d7 - d3 - d4,
        d1 + d6 - d2 - d5,
        d3 - d4,
        d2 - d5,
        d1 - d6,
        d0 - d7,
        to,
        1,
        CONST_BITS - PASS1_BITS);
  }

  // jpeg_fdct_islow, pass 2
  private void forwardColumn(int at) {
    int d0 = block[at];
    int d1 = block[at + 8];
    int d2 = block[at + 16];
    int d3 = block[at + 24];
    int d4 = block[at + 32];
    int d5 = block[at + 40];
    int d6 = block[at + 48];
    int d7 = block[at + 56];
    int even = d0 + d7 + d3 + d4;
    int odd = d1 + d6 + d2 + d5;
    block[at] = descale(even + odd, PASS1_BITS);
    block[at + 32] = descale(even - odd, PASS1_BITS);
    forward(
        d0 + d7 - d3 - d4,
        d1 + d6 - d2 - d5,
        d3 - d4,
        d2 - d5,
        d1 - d6,
        d0 - d7,
        at,
        BLOCK,
        CONST_BITS + PASS1_BITS);
  }

  private void forward(
      int tmp13, int tmp12, int tmp4, int tmp5, int tmp6, int tmp7, int to, int step, int bits) {
    int z1 = (tmp12 + tmp13) * F_0_541;
    block[to + 2 * step] = descale(z1 + tmp13 * F_0_765, bits);
    block[to + 6 * step] = descale(z1 - tmp12 * F_1_847, bits);
    int z5 = (tmp4 + tmp6 + tmp5 + tmp7) * F_1_175;
    z1 = (tmp4 + tmp7) * -F_0_899;
    int z2 = (tmp5 + tmp6) * -F_2_562;
    int z3 = (tmp4 + tmp6) * -F_1_961 + z5;
    int z4 = (tmp5 + tmp7) * -F_0_390 + z5;
    block[to + 7 * step] = descale(tmp4 * F_0_298 + z1 + z3, bits);
    block[to + 5 * step] = descale(tmp5 * F_2_053 + z2 + z4, bits);
    block[to + 3 * step] = descale(tmp6 * F_3_072 + z2 + z3, bits);
    block[to + step] = descale(tmp7 * F_1_501 + z1 + z4, bits);
  }

  // jpeg_idct_islow, pass 1
  private void inverseColumn(int at) {
    int bits = CONST_BITS - PASS1_BITS;
    int z2 = block[at + 16];
    int z3 = block[at + 48];
    int in7 = block[at + 56];
    int in5 = block[at + 40];
    int in3 = block[at + 24];
    int in1 = block[at + 8];
    if ((z2 | z3 | in7 | in5 | in3 | in1 | block[at + 32]) == 0) {
      int constant = block[at] << PASS1_BITS;
      for (int i = at; i < block.length; i += BLOCK) {
        block[i] = constant;
      }
      return;
    }
    int z1 = (z2 + z3) * F_0_541;
    int tmp2 = z1 - z3 * F_1_847;
    int tmp3 = z1 + z2 * F_0_765;
    int tmp0 = (block[at] + block[at + 32]) << CONST_BITS;
    int tmp1 = (block[at] - block[at + 32]) << CONST_BITS;
    int tmp10 = tmp0 + tmp3;
    int tmp13 = tmp0 - tmp3;
    int tmp11 = tmp1 + tmp2;
    int tmp12 = tmp1 - tmp2;
    int z5 = (in7 + in3 + in5 + in1) * F_1_175;
    z1 = (in7 + in1) * -F_0_899;
    z2 = (in5 + in3) * -F_2_562;
    z3 = (in7 + in3) * -F_1_961 + z5;
    int z4 = (in5 + in1) * -F_0_390 + z5;
    int odd0 = in7 * F_0_298 + z1 + z3;
    int odd1 = in5 * F_2_053 + z2 + z4;
    int odd2 = in3 * F_3_072 + z2 + z3;
    int odd3 = in1 * F_1_501 + z1 + z4;
    block[at] = descale(tmp10 + odd3, bits);
    block[at + 56] = descale(tmp10 - odd3, bits);
    block[at + 8] = descale(tmp11 + odd2, bits);
    block[at + 48] = descale(tmp11 - odd2, bits);
    block[at + 16] = descale(tmp12 + odd1, bits);
    block[at + 40] = descale(tmp12 - odd1, bits);
    block[at + 24] = descale(tmp13 + odd0, bits);
    block[at + 32] = descale(tmp13 - odd0, bits);
  }

  // jpeg_idct_islow, pass 2
  private void inverseRow(int at, int[] out, int to) {
    int bits = CONST_BITS + PASS1_BITS + 3;
    int z2 = block[at + 2];
    int z3 = block[at + 6];
    int in7 = block[at + 7];
    int in5 = block[at + 5];
    int in3 = block[at + 3];
    int in1 = block[at + 1];
    int z1 = (z2 + z3) * F_0_541;
    int tmp2 = z1 - z3 * F_1_847;
    int tmp3 = z1 + z2 * F_0_765;
    int tmp0 = (block[at] + block[at + 4]) << CONST_BITS;
    int tmp1 = (block[at] - block[at + 4]) << CONST_BITS;
    int tmp10 = tmp0 + tmp3;
    int tmp13 = tmp0 - tmp3;
    int tmp11 = tmp1 + tmp2;
    int tmp12 = tmp1 - tmp2;
    int z5 = (in7 + in3 + in5 + in1) * F_1_175;
    z1 = (in7 + in1) * -F_0_899;
    z2 = (in5 + in3) * -F_2_562;
    z3 = (in7 + in3) * -F_1_961 + z5;
    int z4 = (in5 + in1) * -F_0_390 + z5;
    int odd0 = in7 * F_0_298 + z1 + z3;
    int odd1 = in5 * F_2_053 + z2 + z4;
    int odd2 = in3 * F_3_072 + z2 + z3;
    int odd3 = in1 * F_1_501 + z1 + z4;
    out[to] = sample(descale(tmp10 + odd3, bits));
    out[to + 7] = sample(descale(tmp10 - odd3, bits));
    out[to + 1] = sample(descale(tmp11 + odd2, bits));
    out[to + 6] = sample(descale(tmp11 - odd2, bits));
    out[to + 2] = sample(descale(tmp12 + odd1, bits));
    out[to + 5] = sample(descale(tmp12 - odd1, bits));
    out[to + 3] = sample(descale(tmp13 + odd0, bits));
    out[to + 4] = sample(descale(tmp13 - odd0, bits));
  }

  private static int sample(int value) {
    return limited(value + CENTRE);
  }

  private static int limited(int value) {
    return Math.max(0, Math.min(255, value));
  }

  // h2v2_fancy_upsample, ycc_rgb_convert
  private byte[] converted(Plane luma, Plane blue, Plane red) {
    int plane = height * width;
    byte[] rgb = new byte[Image.CHANNELS * plane];
    int columns = (width + 1) / 2;
    int[] sums = new int[columns];
    int[] blues = new int[2 * columns];
    int[] reds = new int[2 * columns];
    for (int y = 0; y < height; y++) {
      enlarge(blue, y, sums, blues);
      enlarge(red, y, sums, reds);
      for (int x = 0, to = y * width; x < width; x++, to++) {
        int l = luma.values[y * luma.width + x];
        int b = blues[x] - CENTRE;
        int r = reds[x] - CENTRE;
        rgb[to] = (byte) limited(l + ((91881 * r + ONE_HALF) >> SCALE_BITS));
        rgb[plane + to] = (byte) limited(l + ((-22554 * b - 46802 * r + ONE_HALF) >> SCALE_BITS));
        rgb[2 * plane + to] = (byte) limited(l + ((116130 * b + ONE_HALF) >> SCALE_BITS));
      }
    }
    return rgb;
  }

  // a row of chroma as wide as the image
  private void enlarge(Plane chroma, int y, int[] sums, int[] out) {
    int near = y / 2;
    int last = sums.length - 1;
    if (sums.length <= NARROW) {
      for (int x = 0; x <= last; x++) {
        out[2 * x] = chroma.values[near * chroma.width + x];
        out[2 * x + 1] = out[2 * x];
      }
      return;
    }
    int far = Math.max(0, Math.min((height + 1) / 2 - 1, (y & 1) == 0 ? near - 1 : near + 1));
    for (int x = 0; x <= last; x++) {
      sums[x] = 3 * chroma.values[near * chroma.width + x] + chroma.values[far * chroma.width + x];
    }
    out[0] = (4 * sums[0] + 8) >> 4;
    for (int x = 0; x < last; x++) {
      out[2 * x + 1] = (3 * sums[x] + sums[x + 1] + 7) >> 4;
      out[2 * x + 2] = (3 * sums[x + 1] + sums[x] + 8) >> 4;
    }
    out[2 * last + 1] = (4 * sums[last] + 7) >> 4;
  }
}
