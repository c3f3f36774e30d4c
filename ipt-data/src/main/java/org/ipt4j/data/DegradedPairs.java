package org.ipt4j.data;

import org.ipt4j.core.Randomness;

/** Pairs made of clean images when asked for; what is random depends on seed and name only. */
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
