package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Shot noise: each value becomes a random count of photons with mean value / 255 · peak, scaled
 * back; clipped to 0..255, not rounded.
 *
 * @param peak the expected number of photons for white, drawn once per image; 1..10000
 */
record PoissonNoise(Range peak) implements Degradation {
  private static final Range PEAK = new Range(10, 200);

  PoissonNoise {
    peak.check("the peak of denoise:poisson", 1, 10_000);
  }

  static PoissonNoise of(Settings settings) {
    return new PoissonNoise(settings.range("peak", PEAK));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    double unit = peak.draw(random) / 255;
    float[] pixels = clean.pixels();
    float[] noisy = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      noisy[i] = Image.clip((float) (Draws.poisson(random, pixels[i] * unit) / unit));
    }
    return new Image(clean.height(), clean.width(), noisy);
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof PoissonNoise part && peak.includes(part.peak);
  }

  @Override
  public String name() {
    return new Name("denoise").preset("poisson").set("peak", peak, PEAK).toString();
  }
}
