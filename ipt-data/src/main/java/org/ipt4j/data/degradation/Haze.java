package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Haze by the scattering model (S. Narasimhan, S. Nayar, "Vision and the atmosphere", 2002): I =
 * J·t + A·(1 − t) with transmission t = exp(−β·d). Photographs come without their depth d. It is
 * modelled as a tilted plane between two depths drawn from 0..1, like a road or a wall. β and A are
 * drawn from the ranges of the RESIDE data set (B. Li et al., 2019). Not rounded.
 *
 * @param beta β, like the airlight drawn once per image; 0..10
 * @param airlight A, the same in all channels; 0..1 of white
 */
record Haze(Range beta, Range airlight) implements Degradation {
  private static final Range BETA = new Range(0.6, 1.8);
  private static final Range AIRLIGHT = new Range(0.7, 1);

  Haze {
    beta.check("the beta of dehaze", 0, 10);
    airlight.check("the airlight of dehaze", 0, 1);
  }

  static Haze of(Settings settings) {
    return new Haze(settings.range("beta", BETA), settings.range("airlight", AIRLIGHT));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    int height = clean.height();
    int width = clean.width();
    double scattering = beta.draw(random);
    float air = (float) (255 * airlight.draw(random));
    double near = random.nextDouble();
    double far = random.nextDouble();
    double angle = 2 * Math.PI * random.nextDouble();
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    // along the tilt the image reaches from −extent to extent of its middle
    double extent = (Math.abs(cos) * width + Math.abs(sin) * height) / 2;
    float[] pixels = clean.pixels();
    float[] hazy = new float[pixels.length];
    for (int y = 0, i = 0; y < height; y++) {
      for (int x = 0; x < width; x++, i++) {
        double along = ((x - width / 2.0) * cos + (y - height / 2.0) * sin) / extent;
        double depth = near + (far - near) * (along + 1) / 2;
        float t = (float) Math.exp(-scattering * depth);
        for (int c = 0; c < Image.CHANNELS; c++) {
          int j = c * height * width + i;
          hazy[j] = Image.clip(pixels[j] * t + air * (1 - t));
        }
      }
    }
    return new Image(height, width, hazy);
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof Haze part
        && beta.includes(part.beta)
        && airlight.includes(part.airlight);
  }

  @Override
  public String name() {
    return new Name("dehaze")
        .set("beta", beta, BETA)
        .set("airlight", airlight, AIRLIGHT)
        .toString();
  }
}
