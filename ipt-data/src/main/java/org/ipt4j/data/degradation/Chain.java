package org.ipt4j.data.degradation;

import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Window;

/**
 * One degradation after another; a chain within it is a part of it.
 *
 * @param links in their order, at least two; of a scale of at most 1024 in all
 */
record Chain(List<Degradation> links) implements Degradation {
  private static final int MOST_SCALE = 1024;

  Chain {
    links =
        links.stream()
            .flatMap(link -> link instanceof Chain part ? part.links.stream() : Stream.of(link))
            .toList();
    long scale = 1;
    for (Degradation link : links) {
      scale *= link.scale();
      if (scale > MOST_SCALE) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "degradations one after the other shrink by at most %d, got %d or more",
                MOST_SCALE,
                scale));
      }
    }
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
  public Area reads(Area wanted, int height, int width) {
    return reads(wanted, new Area(0, 0, height, width))[0];
  }

  // what each link reads of what it is given, and last what is wanted
  private Area[] reads(Area wanted, Area clean) {
    Area[] reads = new Area[links.size() + 1];
    reads[links.size()] = wanted;
    int given = scale();
    int height = clean.height() / given;
    int width = clean.width() / given;
    given = 1;
    for (int i = links.size() - 1; i >= 0; i--) {
      given *= links.get(i).scale();
      reads[i] = links.get(i).reads(reads[i + 1], height * given, width * given);
    }
    return reads;
  }

  @Override
  public Image part(Window clean, Area wanted, RandomGenerator random) {
    Area[] reads = reads(wanted, clean.area());
    Window image = clean.croppedToMultiple(scale());
    for (int i = 0; ; i++) {
      Degradation link = links.get(i);
      Image part = link.part(image, reads[i + 1], random);
      if (i == links.size() - 1) {
        return part;
      }
      image =
          Window.of(
              part, reads[i + 1], image.height() / link.scale(), image.width() / link.scale());
    }
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
