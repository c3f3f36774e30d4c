package org.ipt4j.data.degradation;

import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.ipt4j.data.image.Area;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.Window;

/**
 * One of several degradations, drawn uniformly for each image.
 *
 * @param options of one scale, at least two
 */
record Choice(List<Degradation> options) implements Degradation {
  Choice {
    options = List.copyOf(options);
    int scale = options.get(0).scale();
    for (Degradation option : options) {
      if (option.scale() != scale) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "a choice is among degradations of one scale, got %s of %d and %s of %d",
                options.get(0).name(),
                scale,
                option.name(),
                option.scale()));
      }
    }
  }

  @Override
  public Image apply(Image clean, RandomGenerator random) {
    return options.get(random.nextInt(options.size())).apply(clean, random);
  }

  @Override
  public Area reads(Area wanted, int height, int width) {
    return options.stream()
        .map(option -> option.reads(wanted, height, width))
        .reduce(Area::with)
        .orElseThrow();
  }

  @Override
  public Image part(Window clean, Area wanted, RandomGenerator random) {
    return options.get(random.nextInt(options.size())).part(clean, wanted, random);
  }

  @Override
  public int scale() {
    return options.get(0).scale();
  }

  @Override
  public int margin() {
    return options.stream().mapToInt(Degradation::margin).max().orElseThrow();
  }

  @Override
  public int grid() {
    return options.stream().mapToInt(Degradation::grid).reduce(1, Chain::leastCommonMultiple);
  }

  @Override
  public boolean includes(Degradation other) {
    return other instanceof Choice part
        ? part.options.stream().allMatch(this::includes)
        : options.stream().anyMatch(option -> option.includes(other));
  }

  @Override
  public String name() {
    return options.stream()
        .map(option -> option instanceof Choice ? "(" + option.name() + ")" : option.name())
        .collect(Collectors.joining("|"));
  }
}
