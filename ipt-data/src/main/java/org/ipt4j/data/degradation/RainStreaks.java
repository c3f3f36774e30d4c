package org.ipt4j.data.degradation;

import java.util.Map;
import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Rain as the deraining literature adds it, O = clip(B + S): the layer S of bright streaks is the
 * same in all channels (W. Yang et al., "Deep joint rain detection and removal", CVPR 2017, whose
 * Rain100L has one direction of streaks and Rain100H five). The result is clipped to 0..255 and not
 * rounded.
 *
 * <p>Presets, with the PSNR of the rainy photographs: {@code light} about 27 dB as in Rain100L;
 * {@code heavy} about 13.5 dB as in Rain100H; {@code mixed}, the default, anything between. A
 * network learns little from light rain alone: most pixels stay as they are, so the L1 loss of
 * doing nothing is small, and training stays there.
 *
 * @param directions of streaks that fall at once, 1..5; drawn per image, like the next two
 * @param density streaks of one direction that begin per 1000 pixels, 0..50
 * @param angle of a direction from the vertical in degrees, −45..45
 * @param length of a streak in pixels, 1..200; drawn per streak, like the last two
 * @param thickness of a streak, standard deviation of its profile in pixels, 0.2..3
 * @param intensity added in the middle of a streak, 0..255
 */
record RainStreaks(
    Range directions, Range density, Range angle, Range length, Range thickness, Range intensity)
    implements Degradation {
  private static final RainStreaks LIGHT =
      new RainStreaks(
          Range.of(1),
          new Range(0.4, 2),
          new Range(-30, 30),
          new Range(15, 50),
          new Range(0.4, 0.8),
          new Range(20, 120));
  private static final RainStreaks HEAVY =
      new RainStreaks(
          Range.of(5),
          new Range(1, 2.2),
          new Range(-40, 40),
          new Range(15, 50),
          new Range(0.5, 1.2),
          new Range(50, 160));
  private static final RainStreaks MIXED =
      new RainStreaks(
          new Range(1, 5),
          new Range(0.4, 1.6),
          new Range(-40, 40),
          new Range(15, 50),
          new Range(0.4, 1.2),
          new Range(20, 160));
  private static final Map<String, RainStreaks> PRESETS =
      Map.of("light", LIGHT, "heavy", HEAVY, "mixed", MIXED);
  private static final RainStreaks STANDARD = MIXED;

  /** How far streaks of one direction deviate from it, in degrees. */
  private static final double SPREAD = 2;

  RainStreaks {
    directions.checkWhole("the directions of derain", 1, 5);
    density.check("the density of derain", 0, 50);
    angle.check("the angle of derain", -45, 45);
    length.check("the length of derain", 1, 200);
    thickness.check("the thickness of derain", 0.2, 3);
    intensity.check("the intensity of derain", 0, 255);
  }

  static RainStreaks of(Settings settings) {
    String preset = settings.preset(null);
    RainStreaks base = preset == null ? STANDARD : PRESETS.get(preset);
    if (base == null) {
      throw new IllegalArgumentException("derain is light, heavy or mixed, got " + preset);
    }
    return new RainStreaks(
        settings.range("directions", base.directions),
        settings.range("density", base.density),
        settings.range("angle", base.angle),
        settings.range("length", base.length),
        settings.range("thickness", base.thickness),
        settings.range("intensity", base.intensity));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    int height = clean.height();
    int width = clean.width();
    float[] layer = layer(height, width, random);
    float[] pixels = new float[Image.CHANNELS * layer.length];
    clean.copyTo(pixels, 0);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = Image.clip(pixels[i] + layer[i % layer.length]);
    }
    return new Image(height, width, pixels);
  }

  /** S: one plane [H,W]. */
  private float[] layer(int height, int width, RandomGenerator random) {
    float[] layer = new float[height * width];
    // streaks whose middle lies outside reach in, so that rain is even up to the edges
    double beyond = length.high() / 2 + 4 * thickness.high();
    double area = (height + 2 * beyond) * (width + 2 * beyond);
    for (int d = directions.drawWhole(random); d > 0; d--) {
      double direction = angle.draw(random);
      int streaks = Draws.poisson(random, density.draw(random) * area / 1000);
      for (int i = 0; i < streaks; i++) {
        addStreak(
            layer,
            height,
            width,
            random.nextDouble() * (height + 2 * beyond) - beyond,
            random.nextDouble() * (width + 2 * beyond) - beyond,
            Math.toRadians(direction + SPREAD * random.nextGaussian()),
            length.draw(random),
            thickness.draw(random),
            intensity.draw(random));
      }
    }
    return layer;
  }

  // a line through (y, x) with Gaussian cross-section that fades towards its ends
  private static void addStreak(
      float[] layer,
      int height,
      int width,
      double y,
      double x,
      double angle,
      double length,
      double thickness,
      double intensity) {
    double cos = Math.cos(angle);
    double slope = Math.tan(angle);
    double halfHeight = length / 2 * cos;
    double reach = 3 * thickness / cos;
    int bottom = (int) Math.min(height - 1, Math.floor(y + halfHeight));
    for (int row = (int) Math.max(0, Math.ceil(y - halfHeight)); row <= bottom; row++) {
      double along = (row - y) / halfHeight;
      double fading = intensity * (1 - along * along);
      double middle = x + (row - y) * slope;
      int right = (int) Math.min(width - 1, Math.floor(middle + reach));
      for (int column = (int) Math.max(0, Math.ceil(middle - reach)); column <= right; column++) {
        double across = (column - middle) * cos / thickness;
        layer[row * width + column] += (float) (fading * Math.exp(-0.5 * across * across));
      }
    }
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof RainStreaks part
        && directions.includes(part.directions)
        && density.includes(part.density)
        && angle.includes(part.angle)
        && length.includes(part.length)
        && thickness.includes(part.thickness)
        && intensity.includes(part.intensity);
  }

  @Override
  public String name() {
    for (Map.Entry<String, RainStreaks> preset : PRESETS.entrySet()) {
      if (equals(preset.getValue())) {
        return equals(STANDARD) ? "derain" : "derain:" + preset.getKey();
      }
    }
    return new Name("derain")
        .set("directions", directions, STANDARD.directions)
        .set("density", density, STANDARD.density)
        .set("angle", angle, STANDARD.angle)
        .set("length", length, STANDARD.length)
        .set("thickness", thickness, STANDARD.thickness)
        .set("intensity", intensity, STANDARD.intensity)
        .toString();
  }
}
