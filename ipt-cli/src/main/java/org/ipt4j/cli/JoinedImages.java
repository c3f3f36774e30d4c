package org.ipt4j.cli;

import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/** The images of one source and, behind them, those of another. */
record JoinedImages(ImageSource first, ImageSource second) implements ImageSource {
  @Override
  public int size() {
    return first.size() + second.size();
  }

  @Override
  public Image image(int i) throws UnreadableImageException {
    return i < first.size() ? first.image(i) : second.image(i - first.size());
  }

  @Override
  public String name(int i) {
    return i < first.size() ? first.name(i) : second.name(i - first.size());
  }
}
