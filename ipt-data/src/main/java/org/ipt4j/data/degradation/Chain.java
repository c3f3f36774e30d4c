package org.ipt4j.data.degradation;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.ipt4j.data.image.Image;

/**
 * One degradation after another.
 *
 * @param links in their order, at least two
 */
record Chain(List<Degradation> links) implements Degradation {
  Chain {
    links = List.copyOf(links);
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    // at once, so that no link sees pixels that a later one would cut
    Image image = clean.croppedToMultiple(scale());
    for (Degradation link : links) {
      image = link.apply(image, random);
    }
    return image;
  }

  @Override
  public int scale() {
    int scale = 1;
    for (Degradation link : links) {
      scale *= link.scale();
    }
    return scale;
  }

  @Override
  public int margin() {
    int margin = 0;
    int scale = 1;
    for (Degradation link : links) {
      margin += scale * link.margin();
      scale *= link.scale();
    }
    return margin;
  }

  @Override
  public int grid() {
    int grid = 1;
    int scale = 1;
    for (Degradation link : links) {
      grid = leastCommonMultiple(grid, scale * link.grid());
      scale *= link.scale();
    }
    return grid;
  }

  static int leastCommonMultiple(int a, int b) {
    int x = a;
    int y = b;
    while (y != 0) {
      int rest = x % y;
      x = y;
      y = rest;
    }
    return a / x * b;
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof Chain part
        && links.size() == part.links.size()
        && IntStream.range(0, links.size()).allMatch(i -> links.get(i).includes(part.links.get(i)));
  }

  @Override
  public String name() {
    return links.stream()
        .map(link -> link instanceof Choice ? "(" + link.name() + ")" : link.name())
        .collect(Collectors.joining("+"));
  }
}
