package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * A photograph taken in the dark (K. Lore, A. Akintayo, S. Sarkar, "LLNet", 2017): darkened by a
 * power of gamma, then Gaussian noise (their gamma is 2..5, which leaves most photographs black);
 * clipped to 0..255, not rounded.
 *
 * @param gamma like the sigma, drawn once per image; 1..10
 * @param sigma of the noise on 0..255; 0..255
 */
record LowLight(Range gamma, Range sigma) implements Degradation {
  private static final Range GAMMA = new Range(1.5, 3);
  private static final Range SIGMA = new Range(0, 25);

  LowLight {
    gamma.check("the gamma of lowlight", 1, 10);
    sigma.check("the sigma of lowlight", 0, 255);
  }

  static LowLight of(Settings settings) {
    return new LowLight(settings.range("gamma", GAMMA), settings.range("sigma", SIGMA));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    double power = gamma.draw(random);
    float[] pixels = clean.pixels();
    float[] dark = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      dark[i] = (float) (255 * Math.pow(Image.clip(pixels[i]) / 255, power));
    }
    return new GaussianNoise(sigma).apply(new Image(clean.height(), clean.width(), dark), random);
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof LowLight part
        && gamma.includes(part.gamma)
        && sigma.includes(part.sigma);
  }

  @Override
  public String name() {
    return new Name("lowlight").set("gamma", gamma, GAMMA).set("sigma", sigma, SIGMA).toString();
  }
}
