package org.ipt4j.cli;

import java.util.Arrays;
import java.util.List;
import org.ipt4j.data.image.Image;

/** Images laid out for people. */
final class Pictures {
  private static final int GAP = 8;
  private static final float WHITE = 255;

  private Pictures() {}

  /** An image in the upper left corner of a white one; without an image, white. */
  static Image onWhite(Image image, int height, int width) {
    float[] out = new float[Image.CHANNELS * height * width];
    Arrays.fill(out, WHITE);
    if (image != null) {
      float[] in = image.pixels();
      for (int c = 0; c < Image.CHANNELS; c++) {
        for (int y = 0; y < image.height(); y++) {
          System.arraycopy(
              in,
              (c * image.height() + y) * image.width(),
              out,
              (c * height + y) * width,
              image.width());
        }
      }
    }
    return new Image(height, width, out);
  }

  /** Each pixel as {@code times}×{@code times} of its colour. */
  static Image enlarged(Image image, int times) {
    int height = image.height() * times;
    int width = image.width() * times;
    float[] in = image.pixels();
    float[] out = new float[Image.CHANNELS * height * width];
    for (int i = 0; i < out.length; i++) {
      int row = i / width / times; // of all channels, each of which is so many rows of the image
      out[i] = in[row * image.width() + i % width / times];
    }
    return new Image(height, width, out);
  }

  /** Images below each other, cut to the narrowest, with a white gap between. */
  static Image below(List<Image> images) {
    int width = images.stream().mapToInt(Image::width).min().orElseThrow();
    // turned by a quarter, below is beside
    Image[] turned =
        images.stream()
            .map(image -> image.crop(0, 0, image.height(), width).turned(1))
            .toArray(Image[]::new);
    return beside(turned).turned(-1);
  }

  /** How long a row (or column) of so many images of one side is, with its gaps. */
  static int length(int images, int side) {
    return images * side + GAP * (images - 1);
  }

  /** Images of one height side by side, with a white gap between. */
  static Image beside(Image... images) {
    int height = images[0].height();
    int width = Arrays.stream(images).mapToInt(Image::width).sum() + GAP * (images.length - 1);
    float[] out = new float[Image.CHANNELS * height * width];
    Arrays.fill(out, WHITE);
    int left = 0;
    for (Image image : images) {
      float[] in = image.pixels();
      for (int row = 0; row < Image.CHANNELS * height; row++) {
        System.arraycopy(in, row * image.width(), out, row * width + left, image.width());
      }
      left += image.width() + GAP;
    }
    return new Image(height, width, out);
  }
}
