package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Independent Gaussian noise on every value, clipped to 0..255 and not rounded, as in the published
 * evaluation of IPT.
 *
 * @param sigma the standard deviation on 0..255, drawn once per image; within 0..255
 */
record GaussianNoise(Range sigma) implements Degradation {
  GaussianNoise {
    sigma.check("the sigma of denoise", 0, 255);
  }

  static GaussianNoise of(Settings settings) {
    String number = settings.number();
    return new GaussianNoise(
        number != null ? Range.parse(number) : settings.range("sigma", new Range(0, 50)));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    float deviation = (float) sigma.draw(random);
    float[] pixels = new float[Image.CHANNELS * clean.height() * clean.width()];
    clean.copyTo(pixels, 0);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = Image.clip(pixels[i] + deviation * (float) random.nextGaussian());
    }
    return new Image(clean.height(), clean.width(), pixels);
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof GaussianNoise part && sigma.includes(part.sigma);
  }

  @Override
  public String name() {
    boolean whole = sigma.low() == sigma.high() && sigma.low() == Math.rint(sigma.low());
    return whole ? "denoise" + sigma : "denoise:sigma=" + sigma;
  }
}
