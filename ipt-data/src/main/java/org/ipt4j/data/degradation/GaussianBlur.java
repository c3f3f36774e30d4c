package org.ipt4j.data.degradation;

import java.util.random.RandomGenerator;
import org.ipt4j.data.image.Image;

/**
 * Convolution with a Gaussian, cut at three sigma; edges mirrored; not rounded.
 *
 * @param sigma in pixels, drawn once per image; 0.1..20
 */
record GaussianBlur(Range sigma) implements Degradation {
  private static final Range SIGMA = new Range(0.5, 3);

  GaussianBlur {
    sigma.check("the sigma of deblur:gaussian", 0.1, 20);
  }

  static GaussianBlur of(Settings settings) {
    return new GaussianBlur(settings.range("sigma", SIGMA));
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    double deviation = sigma.draw(random);
    int reach = reach(deviation);
    Kernel down = new Kernel();
    Kernel across = new Kernel();
    for (int i = -reach; i <= reach; i++) {
      double weight = Math.exp(-0.5 * i * i / (deviation * deviation));
      down.add(i, 0, weight);
      across.add(0, i, weight);
    }
    return across.applyTo(down.applyTo(clean));
  }

  private static int reach(double sigma) {
    return (int) Math.ceil(3 * sigma);
  }

  @Override
  public int margin() {
    return reach(sigma.high());
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof GaussianBlur part && sigma.includes(part.sigma);
  }

  @Override
  public String name() {
    return new Name("deblur").preset("gaussian").set("sigma", sigma, SIGMA).toString();
  }
}
