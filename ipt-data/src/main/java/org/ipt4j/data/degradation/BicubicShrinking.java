package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;

/** The low-resolution image of super-resolution: {@link Bicubic#shrink}; nothing is random. */
record BicubicShrinking(int scale) implements Degradation {
  BicubicShrinking {
    if (scale != 2 && scale != 3 && scale != 4 && scale != 8) {
      throw new IllegalArgumentException("super-resolution is x2, x3, x4 or x8, got x" + scale);
    }
  }

  static BicubicShrinking of(Settings settings) {
    return new BicubicShrinking(Integer.parseInt(settings.number()));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    return Bicubic.shrink(clean, scale);
  }

  @Override
  public int margin() {
    return Bicubic.margin(scale);
  }

  @Override
  public String name() {
    return "x" + scale;
  }
}
