package org.ipt4j.data.degradation;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Falling snow by the model of Snow100K (Y. Liu et al., "DesnowNet", 2018): O = J·(1 − z) +
 * white·z, where z is made of flakes of several sizes, translucent and with soft edges. Not
 * rounded.
 *
 * @param density flakes per 1000 pixels, drawn once per image; 0..50
 * @param radius of a flake in pixels, like the opacity drawn per flake; 0.5..30
 * @param opacity z in a flake's middle; 0..1
 */
record Snow(Range density, Range radius, Range opacity) implements Degradation {
  private static final Range DENSITY = new Range(1, 6);
  private static final Range RADIUS = new Range(0.7, 5);
  private static final Range OPACITY = new Range(0.4, 1);

  Snow {
    density.check("the density of desnow", 0, 50);
    radius.check("the radius of desnow", 0.5, 30);
    opacity.check("the opacity of desnow", 0, 1);
  }

  static Snow of(Settings settings) {
    return new Snow(
        settings.range("density", DENSITY),
        settings.range("radius", RADIUS),
        settings.range("opacity", OPACITY));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    int height = clean.height();
    int width = clean.width();
    float[] clear = new float[height * width]; // 1 − z
    Arrays.fill(clear, 1);
    double beyond = radius.high();
    double area = (height + 2 * beyond) * (width + 2 * beyond);
    int flakes = Draws.poisson(random, density.draw(random) * area / 1000);
    for (int i = 0; i < flakes; i++) {
      double y = random.nextDouble() * (height + 2 * beyond) - beyond;
      double x = random.nextDouble() * (width + 2 * beyond) - beyond;
      // small ones are many, large ones few
      double share = random.nextDouble();
      double r = radius.low() + (radius.high() - radius.low()) * share * share * share;
      cover(clear, height, width, y, x, r, opacity.draw(random));
    }
    float[] pixels = clean.pixels();
    float[] snowy = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      float j = clear[i % clear.length];
      snowy[i] = Image.clip(pixels[i] * j + 255 * (1 - j));
    }
    return new Image(height, width, snowy);
  }

  private static void cover(
      float[] clear, int height, int width, double y, double x, double radius, double opacity) {
    int bottom = (int) Math.min(height - 1, Math.floor(y + radius));
    int right = (int) Math.min(width - 1, Math.floor(x + radius));
    for (int row = (int) Math.max(0, Math.ceil(y - radius)); row <= bottom; row++) {
      for (int column = (int) Math.max(0, Math.ceil(x - radius)); column <= right; column++) {
        double distance = Math.hypot(row - y, column - x) / radius;
        if (distance < 1) {
          clear[row * width + column] *= (float) (1 - opacity * (1 - distance * distance));
        }
      }
    }
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof Snow part
        && density.includes(part.density)
        && radius.includes(part.radius)
        && opacity.includes(part.opacity);
  }

  @Override
  public String name() {
    return new Name("desnow")
        .set("density", density, DENSITY)
        .set("radius", radius, RADIUS)
        .set("opacity", opacity, OPACITY)
        .toString();
  }
}
