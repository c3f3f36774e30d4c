package org.ipt4j.data.degradation;

import java.util.Locale;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Lost pixels, black in all channels, as in x ⊙ mask of the inpainting literature.
 *
 * @param shape the shape of the holes
 * @param fraction the fraction of lost pixels, drawn once per image; 0..0.9. Boxes and strokes stop
 *     when it is reached, so they lose a little more.
 */
record Inpainting(Shape shape, Range fraction) implements Degradation {
  /** The shapes of holes. Sizes are in pixels, independent of the image's size. */
  enum Shape {
    /** Upright, sides 6..30. */
    BOXES,
    /** Bent lines 3..9 thick. */
    STROKES,
    /** Each pixel by itself. */
    PIXELS;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Range FRACTION = new Range(0.1, 0.4);

  Inpainting {
    fraction.check("the fraction of inpaint", 0, 0.9);
  }

  static Inpainting of(Settings settings) {
    String preset = settings.preset("strokes");
    for (Shape shape : Shape.values()) {
      if (shape.text().equals(preset)) {
        return new Inpainting(shape, settings.range("fraction", FRACTION));
      }
    }
    throw new IllegalArgumentException("inpaint is boxes, strokes or pixels, got " + preset);
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    Mask mask = new Mask(clean.height(), clean.width());
    double wanted = fraction.draw(random);
    if (shape == Shape.PIXELS) {
      for (int i = 0; i < mask.lost.length; i++) {
        mask.lost[i] = random.nextDouble() < wanted;
      }
    } else {
      while (mask.count < wanted * mask.lost.length) {
        if (shape == Shape.BOXES) {
          mask.box(random);
        } else {
          mask.stroke(random);
        }
      }
    }
    float[] pixels = new float[Image.CHANNELS * mask.lost.length];
    clean.copyTo(pixels, 0);
    for (int i = 0; i < pixels.length; i++) {
      if (mask.lost[i % mask.lost.length]) {
        pixels[i] = 0;
      }
    }
    return new Image(clean.height(), clean.width(), pixels);
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof Inpainting part
        && shape == part.shape
        && fraction.includes(part.fraction);
  }

  @Override
  public String name() {
    return new Name("inpaint").preset(shape.text()).set("fraction", fraction, FRACTION).toString();
  }

  private static final class Mask {
    private final int height;
    private final int width;
    private final boolean[] lost;
    private int count;

    Mask(int height, int width) {
      this.height = height;
      this.width = width;
      lost = new boolean[height * width];
    }

    void box(RandomGenerator random) {
      int rows = 6 + random.nextInt(25);
      int columns = 6 + random.nextInt(25);
      int top = random.nextInt(height + rows) - rows;
      int left = random.nextInt(width + columns) - columns;
      for (int y = Math.max(0, top); y < Math.min(height, top + rows); y++) {
        for (int x = Math.max(0, left); x < Math.min(width, left + columns); x++) {
          lose(y, x);
        }
      }
    }

    void stroke(RandomGenerator random) {
      double y = random.nextDouble() * height;
      double x = random.nextDouble() * width;
      double angle = 2 * Math.PI * random.nextDouble();
      double radius = 1.5 + 3 * random.nextDouble();
      for (int step = 20 + random.nextInt(60); step > 0; step--) {
        dot(y, x, radius);
        y += Math.sin(angle);
        x += Math.cos(angle);
        angle += 0.2 * random.nextGaussian();
      }
    }

    private void dot(double y, double x, double radius) {
      int bottom = (int) Math.min(height - 1, y + radius);
      int right = (int) Math.min(width - 1, x + radius);
      for (int row = (int) Math.max(0, Math.ceil(y - radius)); row <= bottom; row++) {
        for (int column = (int) Math.max(0, Math.ceil(x - radius)); column <= right; column++) {
          if (Math.hypot(row - y, column - x) <= radius) {
            lose(row, column);
          }
        }
      }
    }

    private void lose(int y, int x) {
      count += lost[y * width + x] ? 0 : 1;
      lost[y * width + x] = true;
    }
  }
}
