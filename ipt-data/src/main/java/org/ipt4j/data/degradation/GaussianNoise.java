package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Window;

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
    Window whole = Window.of(clean);
    return part(whole, whole.area(), random);
  }

  @Override
  public Area reads(Area wanted, int height, int width) {
    return wanted;
  }

  @Override
  public Image part(Window clean, Area wanted, RandomGenerator random) {
    float deviation = (float) sigma.draw(random);
    float[] pixels = new float[Image.CHANNELS * wanted.height() * wanted.width()];
    clean.crop(wanted).copyTo(pixels, 0);
    for (int c = 0, i = 0; c < Image.CHANNELS; c++) {
      for (int y = 0; y < clean.height(); y++) {
        boolean within = y >= wanted.top() && y < wanted.bottom();
        int left = within ? wanted.left() : clean.width();
        int right = within ? wanted.right() : clean.width();
        skip(random, left);
        for (int x = left; x < right; x++, i++) {
          pixels[i] = Image.clip(pixels[i] + deviation * (float) random.nextGaussian());
        }
        skip(random, clean.width() - right);
      }
    }
    return new Image(wanted.height(), wanted.width(), pixels);
  }

  private static void skip(RandomGenerator random, int numbers) {
    for (int i = 0; i < numbers; i++) {
      random.nextGaussian();
    }
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
