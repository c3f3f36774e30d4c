package org.ipt4j.cli;

import java.util.List;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/**
 * The images of a source at several sizes: all of them at the first, then all at the next.
 *
 * @param scales parts of the images' own sizes, more than 0 and at most 1
 */
record ScaledImages(ImageSource source, List<Double> scales) implements ImageSource {
  ScaledImages {
    if (scales.isEmpty() || !scales.stream().allMatch(scale -> scale > 0 && scale <= 1)) {
      throw new IllegalArgumentException(
          "--image-scales: expected numbers above 0 and at most 1, got " + scales);
    }
  }

  @Override
  public int size() {
    return Math.multiplyExact(source.size(), scales.size());
  }

  @Override
  public Image image(int i) throws UnreadableImageException {
    Image image = source.image(i % source.size());
    return scale(i) == 1 ? image : Bicubic.scaled(image, scale(i));
  }

  @Override
  public String name(int i) {
    String name = source.name(i % source.size());
    return scale(i) == 1 ? name : name + " at " + scale(i);
  }

  private double scale(int i) {
    return scales.get(i / source.size());
  }
}
