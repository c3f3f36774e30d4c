package org.ipt4j.data.image;

import java.util.function.UnaryOperator;

/** MATLAB's imresize written down plainly, one output at a time. */
public final class PlainResize {
  private PlainResize() {}

  /** To height·up/down × width·up/down; rows first, each pass rounded. */
  public static Image resize(Image image, int down, int up) {
    return resize(image, image.height() / down * up, image.width() / down * up, (double) up / down);
  }

  /** By any factor, to height × width; each pass rounded. */
  public static Image resize(Image image, int height, int width, double factor) {
    return resize(image, height, width, factor, Image::quantised);
  }

  /** As {@link #resize(Image, int, int)}, without rounding. */
  public static Image unrounded(Image image, int down, int up) {
    return resize(
        image,
        image.height() / down * up,
        image.width() / down * up,
        (double) up / down,
        UnaryOperator.identity());
  }

  private static Image resize(
      Image image, int height, int width, double factor, UnaryOperator<Image> rounding) {
    Image rows = rounding.apply(vertically(image, height, factor));
    // a transposition is a mirroring and a turn
    Image turned = rows.mirrored().turned(1);
    return rounding.apply(vertically(turned, width, factor)).mirrored().turned(1);
  }

  private static Image vertically(Image image, int height, double factor) {
    int width = image.width();
    double widening = Math.max(1, 1 / factor);
    float[] out = new float[3 * height * width];
    for (int y = 0; y < height; y++) {
      double centre = (y + 0.5) / factor - 0.5;
      int first = (int) Math.floor(centre - 2 * widening);
      int last = (int) Math.ceil(centre + 2 * widening);
      double all = 0;
      for (int k = first; k <= last; k++) {
        all += cubic((centre - k) / widening);
      }
      for (int c = 0; c < 3; c++) {
        for (int x = 0; x < width; x++) {
          double sum = 0;
          for (int k = first; k <= last; k++) {
            int inside = k;
            while (inside < 0 || inside >= image.height()) {
              inside = inside < 0 ? -1 - inside : 2 * image.height() - 1 - inside;
            }
            sum += cubic((centre - k) / widening) / all * image.at(c, inside, x);
          }
          out[(c * height + y) * width + x] = (float) sum;
        }
      }
    }
    return new Image(height, width, out);
  }

  private static double cubic(double x) {
    double t = Math.abs(x);
    if (t <= 1) {
      return 1.5 * t * t * t - 2.5 * t * t + 1;
    }
    return t <= 2 ? -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2 : 0;
  }
}
