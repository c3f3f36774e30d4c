package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Window;

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
  public Area reads(Area wanted, int height, int width) {
    return Bicubic.reads(scale, wanted, height - height % scale, width - width % scale);
  }

  @Override
  public Image part(Window clean, Area wanted, RandomGenerator random) {
    return Bicubic.shrink(clean.croppedToMultiple(scale), scale, wanted);
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
