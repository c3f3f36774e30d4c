package org.ipt4j.data.image;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The formats in which images are written. */
public enum ImageFormat {
  /** Lossless; keeps all that can be kept; written as rows come. */
  PNG(Set.of(Trait.KEEPS_ALL, Trait.STREAMS), Integer.MAX_VALUE, "png"),
  /** Of quality 95, 8 bits, without transparency, up to 65,500 pixels a side. */
  JPEG(Set.of(), 65_500, "jpg", "jpeg"),
  /** Lossless (deflate); keeps all that can be kept; written as rows come; a file below 4 GiB. */
  TIFF(Set.of(Trait.KEEPS_ALL, Trait.STREAMS), Integer.MAX_VALUE, "tif", "tiff"),
  /** Lossless, 8 bits, without transparency or colour profile. */
  BMP(Set.of(), Integer.MAX_VALUE, "bmp");

  private enum Trait {
    KEEPS_ALL,
    STREAMS
  }

  private final Set<Trait> traits;
  private final int side;
  private final List<String> extensions;

  ImageFormat(Set<Trait> traits, int side, String... extensions) {
    this.traits = traits;
    this.side = side;
    this.extensions = List.of(extensions);
  }

  /** Whether it holds transparency and 16 bits. */
  boolean keepsAll() {
    return traits.contains(Trait.KEEPS_ALL);
  }

  /** Whether its writer asks for rows in order from the top. */
  boolean streams() {
    return traits.contains(Trait.STREAMS);
  }

  /** The largest side, in pixels. */
  int side() {
    return side;
  }

  /** The most bytes that a file has: a TIFF's places are numbers of 32 bits. */
  long bytes() {
    return this == TIFF ? 0xFFFF_FFFFL : Long.MAX_VALUE;
  }

  /** The usual extension of its files, without the dot. */
  public String extension() {
    return extensions.get(0);
  }

  /** Whether a file's name has an extension of this format. */
  public boolean isNamed(String file) {
    String name = file.toLowerCase(Locale.ROOT);
    return extensions.stream().anyMatch(extension -> name.endsWith("." + extension));
  }

  /**
   * The format of a file's name.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static ImageFormat of(Path file) {
    Path last = file.getFileName();
    String name = (last == null ? file : last).toString(); // a root has none
    return Arrays.stream(values())
        .filter(format -> format.isNamed(name))
        .findFirst()
        .orElseThrow(() -> unknown(name));
  }

  /**
   * The format of an extension: {@code jpg}, {@code jpeg}, {@code .TIF}, …
   *
   * @throws IllegalArgumentException if it is none of these
   */
  public static ImageFormat ofEnding(String ending) {
    String bare = ending.toLowerCase(Locale.ROOT).replaceFirst("^\\.", "");
    return Arrays.stream(values())
        .filter(format -> format.extensions.contains(bare))
        .findFirst()
        .orElseThrow(() -> unknown(ending));
  }

  private static IllegalArgumentException unknown(String name) {
    return new IllegalArgumentException(
        "images are written as "
            + Arrays.stream(values())
                .flatMap(format -> format.extensions.stream())
                .map(extension -> "." + extension)
                .collect(Collectors.joining(", "))
            + ", got "
            + name);
  }
}
