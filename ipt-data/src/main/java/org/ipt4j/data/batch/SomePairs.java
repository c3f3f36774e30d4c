package org.ipt4j.data.batch;

import org.ipt4j.data.image.UnreadableImageException;

/** Some of the pairs of a source. */
record SomePairs(PairSource all, int... numbers) implements PairSource {
  @Override
  public int size() {
    return numbers.length;
  }

  @Override
  public int scale() {
    return all.scale();
  }

  @Override
  public ImagePair pair(int index) throws UnreadableImageException {
    return all.pair(numbers[index]);
  }

  @Override
  public String name(int index) {
    return all.name(numbers[index]);
  }

  @Override
  public String origin() {
    return all.origin();
  }
}
