package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * The mean along a straight line, as from a steadily moving camera; edges mirrored; not rounded.
 *
 * @param length of the line in pixels, like the angle drawn once per image; 1..100
 * @param angle of the line from the horizontal in degrees, anticlockwise; −180..180
 */
record MotionBlur(Range length, Range angle) implements Degradation {
  private static final Range LENGTH = new Range(5, 25);
  private static final Range ANGLE = new Range(0, 180);

  /** Points of the line per pixel of its length. */
  private static final int DENSITY = 4;

  MotionBlur {
    length.check("the length of deblur:motion", 1, 100);
    angle.check("the angle of deblur:motion", -180, 180);
  }

  static MotionBlur of(Settings settings) {
    return new MotionBlur(settings.range("length", LENGTH), settings.range("angle", ANGLE));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    double pixels = length.draw(random);
    double radians = Math.toRadians(angle.draw(random));
    int points = (int) Math.ceil(pixels * DENSITY);
    Kernel kernel = new Kernel();
    for (int i = 0; i < points; i++) {
      double along = ((i + 0.5) / points - 0.5) * pixels;
      double y = -along * Math.sin(radians);
      double x = along * Math.cos(radians);
      int top = (int) Math.floor(y);
      int left = (int) Math.floor(x);
      kernel.add(top, left, (1 - y + top) * (1 - x + left));
      kernel.add(top, left + 1, (1 - y + top) * (x - left));
      kernel.add(top + 1, left, (y - top) * (1 - x + left));
      kernel.add(top + 1, left + 1, (y - top) * (x - left));
    }
    return kernel.applyTo(clean);
  }

  @Override
  public int margin() {
    return (int) Math.ceil(length.high() / 2) + 1;
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof MotionBlur part
        && length.includes(part.length)
        && angle.includes(part.angle);
  }

  @Override
  public String name() {
    return new Name("deblur")
        .preset("motion")
        .set("length", length, LENGTH)
        .set("angle", angle, ANGLE)
        .toString();
  }
}
