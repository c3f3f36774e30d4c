package org.ipt4j.data.image;

/** Some of the images of a source. */
record SomeImages(ImageSource all, int... numbers) implements ImageSource {
  @Override
  public int size() {
    return numbers.length;
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    return all.image(numbers[index]);
  }

  @Override
  public String name(int index) {
    return all.name(numbers[index]);
  }
}
