package org.ipt4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.DoubleConsumer;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.degradation.Degradation;
import org.ipt4j.data.image.Bicubic;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what tasks do to a clean image. */
@Command(
    name = "degrade",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description =
        "Degrades clean images; without a task, makes a contact sheet of all known"
            + " degradations.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all images were degraded, or had been",
      "2:bad input; the other images were degraded"
    })
final class Degrade implements Callable<Integer> {
  private static final int COLUMNS = 5;
  private static final int SHEET_SIDE = 160; // of each picture

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description = "For instance x2, denoise:sigma=0..50 or deblur:gaussian+jpeg:quality=30.")
  private String task;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of everything random.")
  private long seed;

  @Mixin private EachImage images;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Degrade(), args));
  }

  @Override
  public Integer call() throws IOException {
    return images.run(
        "degraded", task == null ? new Sheet() : new Degraded(Degradation.parse(task)));
  }

  /** An image degraded. */
  private final class Degraded implements EachImage.Work {
    private final Degradation degradation;

    Degraded(Degradation degradation) {
      this.degradation = degradation;
    }

    @Override
    public ImageFormat format(ImageFormat own) {
      return ImageFormat.PNG;
    }

    @Override
    public String name(String base) {
      return base + "-" + degradation.name().replaceAll("[^A-Za-z0-9.=+-]", "_");
    }

    @Override
    public ImageSize size(ImageSize of) {
      return new ImageSize(of.height() / degradation.scale(), of.width() / degradation.scale());
    }

    @Override
    public void make(Path image, Path target, ImageFormat as, DoubleConsumer done)
        throws IOException {
      Image degraded = degrade(degradation, ImageFiles.read(image));
      done.accept(1);
      write(degraded, target);
    }
  }

  /** What all known tasks do to an image. */
  private final class Sheet implements EachImage.Work {
    @Override
    public ImageFormat format(ImageFormat own) {
      return ImageFormat.PNG;
    }

    @Override
    public String name(String base) {
      return base + "-tasks";
    }

    @Override
    public ImageSize size(ImageSize of) {
      int rows = (Degradation.known().size() + COLUMNS) / COLUMNS; // with the clean one
      int side = side(of.height(), of.width());
      return new ImageSize(Pictures.length(rows, side), Pictures.length(COLUMNS, side));
    }

    @Override
    public void make(Path image, Path target, ImageFormat as, DoubleConsumer done)
        throws IOException {
      Image clean = ImageFiles.read(image);
      done.accept(0);
      writeSheet(clean, target);
    }
  }

  private static int side(int height, int width) {
    return Math.min(SHEET_SIDE, Math.min(height, width));
  }

  private Image degrade(Degradation degradation, Image clean) {
    Image fitting = clean.croppedToMultiple(degradation.scale());
    return degradation.apply(fitting, Randomness.at(seed)).quantised();
  }

  private void writeSheet(Image clean, Path file) throws IOException {
    int side = side(clean.height(), clean.width());
    int top = (clean.height() - side) / 2;
    int left = (clean.width() - side) / 2;
    Image middle = clean.crop(top, left, side, side);
    List<String> lines = new ArrayList<>();
    List<Image> pictures = new ArrayList<>(List.of(middle));
    List<String> names = new ArrayList<>(List.of("clean"));
    for (String name : Degradation.known()) {
      Degradation degradation = Degradation.parse(name);
      Image degraded = degrade(degradation, middle);
      Image shown = Bicubic.enlarge(degraded, degradation.scale());
      pictures.add(Pictures.onWhite(shown, side, side));
      names.add(name);
    }
    List<Image> rows = new ArrayList<>();
    for (int from = 0; from < pictures.size(); from += COLUMNS) {
      List<Image> row =
          new ArrayList<>(pictures.subList(from, Math.min(from + COLUMNS, pictures.size())));
      lines.add(
          String.format(
              Locale.ROOT,
              "row %d: %s",
              rows.size() + 1,
              String.join(", ", names.subList(from, from + row.size()))));
      while (row.size() < COLUMNS) {
        row.add(Pictures.onWhite(null, side, side));
      }
      rows.add(Pictures.beside(row.toArray(Image[]::new)));
    }
    print(String.join(System.lineSeparator(), lines));
    write(Pictures.below(rows), file);
  }

  private void write(Image image, Path file) throws IOException {
    ImageFiles.write(image, file);
    print(file.toString());
  }

  private void print(String lines) {
    StandardError.println(spec.commandLine().getOut(), lines);
  }
}
