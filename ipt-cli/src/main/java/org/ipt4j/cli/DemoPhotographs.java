package org.ipt4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;

/** The photographs that come along: CC0, {@code photographs/PROVENANCE.tsv} says from where. */
final class DemoPhotographs implements ImageSource {
  private static final int DETAIL = 96; // the side of what is shown enlarged

  /** A photograph, and where its most telling detail lies. */
  private record Photograph(String name, int top, int left) {}

  private static final List<Photograph> ALL =
      List.of(
          new Photograph("parakeet.jpg", 40, 70),
          new Photograph("colosseum.jpg", 90, 130),
          new Photograph("bakery.jpg", 140, 110),
          new Photograph("kitten.jpg", 75, 60));

  @Override
  public int size() {
    return ALL.size();
  }

  @Override
  public Image image(int index) throws UnreadableImageException {
    try (InputStream in = DemoPhotographs.class.getResourceAsStream("photographs/" + name(index))) {
      return ImageFiles.read(in, name(index));
    } catch (UnreadableImageException damaged) {
      throw damaged;
    } catch (IOException impossible) { // of a resource
      throw new UncheckedIOException(impossible);
    }
  }

  @Override
  public String name(int index) {
    return ALL.get(index).name();
  }

  /** The detail to show of what became of a photograph: of any other than these, the middle. */
  static Image detail(Image image, String name) {
    return ALL.stream()
        .filter(photograph -> photograph.name().equals(name))
        .findFirst()
        .map(photograph -> image.crop(photograph.top(), photograph.left(), DETAIL, DETAIL))
        .orElseGet(() -> image.middle(DETAIL));
  }
}
