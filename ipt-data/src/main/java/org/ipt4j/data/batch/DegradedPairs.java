package org.ipt4j.data.batch;

import java.util.Locale;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/** Pairs made from clean images when asked for; what is random depends only on seed and name. */
record DegradedPairs(ImageSource clean, Degradation degradation, long seed) implements PairSource {
  @Override
  public int size() {
    return clean.size();
  }

  @Override
  public int scale() {
    return degradation.scale();
  }

  @Override
  public String name(int index) {
    return clean.name(index);
  }

  @Override
  public String origin() {
    return String.format(
        Locale.ROOT,
        "made here of the clean images: %s, seed %d, clipped and rounded to 8 bits",
        degradation.name(),
        seed);
  }

  @Override
  public ImagePair pair(int index) throws UnreadableImageException {
    Image image = clean.image(index);
    if (Math.min(image.height(), image.width()) < scale()) {
      throw new UnreadableImageException(
          name(index), "too small for " + degradation.name() + ": " + image);
    }
    Image fitting = image.croppedToMultiple(scale());
    Image degraded =
        degradation.apply(fitting, Randomness.at(seed, name(index).hashCode())).quantised();
    return new ImagePair(degraded, fitting);
  }
}
