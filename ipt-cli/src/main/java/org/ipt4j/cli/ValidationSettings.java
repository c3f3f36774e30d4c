package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import org.ipt4j.data.batch.PairSource;
import org.ipt4j.data.image.ImageSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What a run is validated on, and when, as options. */
public final class ValidationSettings {
  /** The sides of what validation looks at, in the network's tiles. */
  public static final int TILES = 3;

  /** Of the degradations to validate on, so that runs of different seeds can be compared. */
  public static final long SEED = 1;

  private static final int KEPT_PART = 8; // of the images, at most one of so many is kept apart
  private static final int FEW = 4; // images, of which none can be spared

  /** Opens what a folder, as it was given, holds. */
  public interface Opening<T> {
    /** Opens it. */
    T open(String folder) throws IOException;
  }

  @Option(
      names = "--validation",
      paramLabel = "DIR",
      description = "What the model is tried on; without it, some of the images, kept apart.")
  private String validation;

  @Option(
      names = "--validation-images",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "How many images are kept apart, or taken of --validation: at most an eighth of the images,"
              + " of fewer than eight one, of fewer than four none; 0 for none.")
  private int validationImages;

  @Option(
      names = "--validate-every",
      paramLabel = "N",
      defaultValue = "500",
      description = "Steps between validations.")
  private int validateEvery;

  /**
   * Which of {@code size} images are trained on, and which kept apart to validate on; says so.
   *
   * @param image what to call one
   */
  public Split split(int size, String image, CommandSpec command) {
    if (validationImages < 0) {
      throw new IllegalArgumentException(
          "--validation-images: expected 0 or more, got " + validationImages);
    }
    if (validation != null && validationImages == 0) {
      throw new IllegalArgumentException(
          "--validation-images: expected 1 or more of --validation, got 0");
    }
    int most = size < FEW ? 0 : Math.max(1, size / KEPT_PART);
    Split split = Split.of(size, validation == null ? Math.min(validationImages, most) : 0);
    PrintWriter out = command.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "training on %s, validating on %s%n",
        Commands.count(split.training().length, image),
        validation == null ? keptApart(split.test().length) : validation);
    out.flush();
    return split;
  }

  private String keptApart(int count) {
    if (count > 0) {
      return Commands.count(count, "other");
    }
    return validationImages == 0 ? "none" : "none: give --validation DIR";
  }

  /** What to validate on, if that is images. */
  public ImageSource images(ImageSource all, Split split, Opening<ImageSource> opening)
      throws IOException {
    if (validation == null) {
      return all.only(split.test());
    }
    ImageSource others = opening.open(validation);
    return others.only(Split.spread(others.size(), validationImages));
  }

  /** What to validate on, if that is pairs. */
  PairSource pairs(PairSource all, Split split) throws IOException {
    if (validation == null) {
      return all.only(split.test());
    }
    PairSource others = PairSource.open(Path.of(validation), all.scale());
    return others.only(Split.spread(others.size(), validationImages));
  }

  /** Steps from one validation to the next. */
  public int every() {
    return validateEvery;
  }
}
