package org.ipt4j.data.image;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.ipt4j.core.Randomness;

/**
 * Generates images that resemble photographs, by the dead leaves model (G. Matheron, 1968; with
 * sizes by the power law r⁻³ it has the scale-free statistics of natural images: A. Lee, D.
 * Mumford, J. Huang, "Occlusion models for natural images", 2001). Discs and polygons hide one
 * another; we add two-coloured fractal or striped texture and soft shading from one light. The
 * image with a number is a pure function of the seed, the number and the size.
 */
public final class DeadLeaves implements ImageSource {
  private static final int SUPERSAMPLING = 2;

  /** Leaves fall until they would cover every place this many times on average. */
  private static final double COVERINGS = 6;

  private static final int TILE = 256;
  private static final float[] TILE_OF_NOISE = tileOfNoise();

  private final long seed;
  private final int size;
  private final int height;
  private final int width;

  /**
   * {@code size} images of that height and width, of at most {@link Image#MOST_VALUES} values
   * before they are shrunk from twice the size.
   */
  public DeadLeaves(long seed, int size, int height, int width) {
    if (size < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "size, height and width of dead leaves are at least 1, got %d, %d, %d",
              size,
              height,
              width));
    }
    Image.values(Image.CHANNELS * SUPERSAMPLING * SUPERSAMPLING, height, width);
    this.seed = seed;
    this.size = size;
    this.height = height;
    this.width = width;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public String name(int index) {
    return "leaves-" + seed + "-" + index;
  }

  @Override
  public Image image(int index) {
    Objects.checkIndex(index, size);
    return new Painter(Randomness.at(seed, index), height, width).paint();
  }

  /** One image being made, front leaves first, so that each point is painted once. */
  private static final class Painter {
    private final RandomGenerator random;
    private final int height;
    private final int width;
    private final float[] canvas; // [H,W,3], supersampled, 0..1
    private final boolean[] covered;
    private int uncovered;

    private final double[] hues = new double[3];
    private final double vividness;
    private final double brightness;
    private final double roughness;
    private final double lightX;
    private final double lightY;

    Painter(RandomGenerator random, int height, int width) {
      this.random = random;
      this.height = height * SUPERSAMPLING;
      this.width = width * SUPERSAMPLING;
      canvas = new float[Image.CHANNELS * this.height * this.width];
      covered = new boolean[this.height * this.width];
      uncovered = covered.length;
      for (int i = 0; i < hues.length; i++) {
        hues[i] = random.nextDouble();
      }
      vividness = random.nextDouble();
      brightness = between(0.25, 0.7);
      roughness = between(0.3, 1);
      double light = 2 * Math.PI * random.nextDouble();
      lightX = Math.cos(light);
      lightY = Math.sin(light);
    }

    Image paint() {
      double largest = 0.6 * Math.max(height, width);
      double smallest = Math.min(largest, SUPERSAMPLING * between(2, 14));
      double ratio = smallest / largest;
      double area = 0;
      while (uncovered > 0 && area < COVERINGS * covered.length) {
        // the inverse of the cumulative distribution of r⁻³ between the two
        double u = random.nextDouble();
        double radius = smallest / Math.sqrt(1 - u * (1 - ratio * ratio));
        area += Math.PI * radius * radius;
        new Leaf(radius).paint();
      }
      new Leaf(2 * largest, height / 2.0, width / 2.0).paint();
      return shrunk();
    }

    private Image shrunk() {
      int rows = height / SUPERSAMPLING;
      int columns = width / SUPERSAMPLING;
      byte[] pixels = new byte[Image.CHANNELS * rows * columns];
      for (int c = 0, i = 0; c < Image.CHANNELS; c++) {
        for (int y = 0; y < rows; y++) {
          for (int x = 0; x < columns; x++, i++) {
            float sum = 0;
            for (int dy = 0; dy < SUPERSAMPLING; dy++) {
              int from = ((y * SUPERSAMPLING + dy) * width + x * SUPERSAMPLING) * Image.CHANNELS;
              for (int dx = 0; dx < SUPERSAMPLING; dx++) {
                sum += canvas[from + dx * Image.CHANNELS + c];
              }
            }
            pixels[i] = (byte) Image.quantise(255 * sum / (SUPERSAMPLING * SUPERSAMPLING));
          }
        }
      }
      return Image.ofBytes(rows, columns, pixels);
    }

    private double between(double low, double high) {
      return low + (high - low) * random.nextDouble();
    }

    // corners on the unit circle; sides as in Leaf
    private double[] polygon() {
      int corners = 3 + random.nextInt(4);
      double[] angles = new double[corners];
      for (int i = 0; i < corners; i++) {
        angles[i] = 2 * Math.PI * (i + between(0, 0.7)) / corners;
      }
      double[] lines = new double[3 * corners];
      for (int i = 0; i < corners; i++) {
        double next = i + 1 < corners ? angles[i + 1] : angles[0] + 2 * Math.PI;
        double middle = (angles[i] + next) / 2;
        lines[3 * i] = Math.cos(middle);
        lines[3 * i + 1] = Math.sin(middle);
        lines[3 * i + 2] = Math.cos((next - angles[i]) / 2);
      }
      return lines;
    }

    /**
     * One shape. In its own coordinates (u, v) an ellipse is the unit disc, and a polygon lies in
     * it.
     */
    private final class Leaf {
      private final double radius;
      private final double y;
      private final double x;
      private final double cos;
      private final double sin;
      private final double narrow;
      // the polygon's sides u·nu + v·nv <= d, three numbers each; none for an ellipse
      private final double[] sides;

      private final float[] dark = new float[Image.CHANNELS];
      private final float[] bright = new float[Image.CHANNELS];
      private final double grain;
      private final double stripes;
      private final double offset;
      private final double slope;
      private final double roundness;

      Leaf(double radius) {
        this(
            radius,
            between(-radius, height + radius),
            between(-radius, width + radius),
            random.nextBoolean() ? polygon() : new double[0]);
      }

      Leaf(double radius, double y, double x) {
        this(radius, y, x, new double[0]);
      }

      private Leaf(double radius, double y, double x, double[] sides) {
        this.radius = radius;
        this.y = y;
        this.x = x;
        this.sides = sides;
        double angle = between(0, 2 * Math.PI);
        cos = Math.cos(angle);
        sin = Math.sin(angle);
        narrow = 1 / between(0.4, 1);
        color();
        grain = Math.pow(2, between(-2, 2));
        stripes = random.nextInt(5) == 0 ? between(0.2, 2) : 0;
        offset = between(0, TILE);
        slope = between(0, 0.5);
        roundness = random.nextBoolean() ? between(0, 0.6) : 0;
      }

      private void color() {
        double hue = hues[random.nextInt(hues.length)] + 0.06 * random.nextGaussian();
        double saturation = vividness * random.nextDouble() * random.nextDouble();
        double value = Math.min(1, Math.abs(brightness + 0.22 * random.nextGaussian()));
        double contrast = roughness * random.nextDouble();
        for (int c = 0; c < Image.CHANNELS; c++) {
          double wave = 0.5 + 0.5 * Math.cos(2 * Math.PI * (hue - c / 3.0));
          double level = value * (1 - saturation * wave);
          dark[c] = (float) (level * (1 - contrast));
          bright[c] = (float) (level + (1 - level) * contrast * between(0.3, 0.7));
        }
      }

      void paint() {
        int bottom = (int) Math.min(height - 1, y + radius);
        int right = (int) Math.min(width - 1, x + radius);
        for (int row = (int) Math.max(0, Math.ceil(y - radius)); row <= bottom; row++) {
          for (int column = (int) Math.max(0, Math.ceil(x - radius)); column <= right; column++) {
            int i = row * width + column;
            if (!covered[i]) {
              double dy = (row - y) / radius;
              double dx = (column - x) / radius;
              double u = dx * cos + dy * sin;
              double v = (dy * cos - dx * sin) * narrow;
              if (contains(u, v)) {
                covered[i] = true;
                uncovered--;
                paint(i, u, v, dx * lightX + dy * lightY);
              }
            }
          }
        }
      }

      private boolean contains(double u, double v) {
        for (int i = 0; i < sides.length; i += 3) {
          if (u * sides[i] + v * sides[i + 1] > sides[i + 2]) {
            return false;
          }
        }
        return u * u + v * v <= 1;
      }

      private void paint(int i, double u, double v, double towardsLight) {
        double noise = noise(offset + u * radius * grain, offset + v * radius / narrow * grain);
        double texture =
            stripes == 0 ? noise : 0.5 + 0.5 * Math.sin(stripes * u * radius + 4 * noise);
        double shade =
            (1 + slope * towardsLight) * (1 - roundness * (u * u + v * v) * (u * u + v * v));
        for (int c = 0; c < Image.CHANNELS; c++) {
          double color = (dark[c] + (bright[c] - dark[c]) * texture) * shade;
          canvas[i * Image.CHANNELS + c] = (float) Math.min(1, color);
        }
      }
    }
  }

  // bilinear in the tile, which repeats
  private static double noise(double x, double y) {
    double left = Math.floor(x);
    double top = Math.floor(y);
    int x0 = (int) left & TILE - 1;
    int y0 = (int) top & TILE - 1;
    int x1 = x0 + 1 & TILE - 1;
    int y1 = y0 + 1 & TILE - 1;
    double fx = x - left;
    double fy = y - top;
    double above = TILE_OF_NOISE[y0 * TILE + x0] * (1 - fx) + TILE_OF_NOISE[y0 * TILE + x1] * fx;
    double below = TILE_OF_NOISE[y1 * TILE + x0] * (1 - fx) + TILE_OF_NOISE[y1 * TILE + x1] * fx;
    return above * (1 - fy) + below * fy;
  }

  // octaves of smoothed random lattices, each half as strong as the one before; 0..1
  private static float[] tileOfNoise() {
    RandomGenerator random = Randomness.at(1968);
    float[] tile = new float[TILE * TILE];
    for (int cell = TILE / 4; cell >= 1; cell /= 2) {
      int cells = TILE / cell;
      float[] lattice = new float[cells * cells];
      for (int i = 0; i < lattice.length; i++) {
        lattice[i] = random.nextFloat() * cell;
      }
      for (int y = 0; y < TILE; y++) {
        for (int x = 0; x < TILE; x++) {
          int x0 = x / cell;
          int y0 = y / cell;
          int x1 = (x0 + 1) % cells;
          int y1 = (y0 + 1) % cells;
          float fx = smooth((float) (x % cell) / cell);
          float fy = smooth((float) (y % cell) / cell);
          float above = lattice[y0 * cells + x0] * (1 - fx) + lattice[y0 * cells + x1] * fx;
          float below = lattice[y1 * cells + x0] * (1 - fx) + lattice[y1 * cells + x1] * fx;
          tile[y * TILE + x] += above * (1 - fy) + below * fy;
        }
      }
    }
    float[] sorted = tile.clone();
    Arrays.sort(sorted);
    float low = sorted[0];
    float range = sorted[sorted.length - 1] - low;
    for (int i = 0; i < tile.length; i++) {
      tile[i] = (tile[i] - low) / range;
    }
    return tile;
  }

  private static float smooth(float t) {
    return t * t * (3 - 2 * t);
  }
}
