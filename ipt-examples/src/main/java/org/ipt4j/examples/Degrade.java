package org.ipt4j.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.ipt4j.core.Randomness;
import org.ipt4j.data.Bicubic;
import org.ipt4j.data.Degradation;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImageFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what tasks do to a clean image. */
@Command(
    name = "degrade",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description =
        "Writes what a task does to clean images; without a task, a contact sheet of all known ones.")
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
      description = "Of what is random.")
  private long seed;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "DIR",
      description = "Where the pictures go.")
  private Path out;

  @Parameters(arity = "1..*", paramLabel = "INPUT", description = "Clean images.")
  private List<Path> inputs;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Degrade(), args));
  }

  @Override
  public Integer call() throws IOException {
    for (Path input : inputs) {
      Image clean = ImageFiles.read(input);
      String name = Commands.baseName(input);
      if (task == null) {
        writeSheet(clean, out.resolve(name + "-tasks.png"));
      } else {
        Degradation degradation = Degradation.parse(task);
        String suffix = degradation.name().replaceAll("[^A-Za-z0-9.=+-]", "_");
        write(degrade(degradation, clean), out.resolve(name + "-" + suffix + ".png"));
      }
    }
    return 0;
  }

  private Image degrade(Degradation degradation, Image clean) {
    Image fitting = clean.croppedToMultiple(degradation.scale());
    return degradation.apply(fitting, Randomness.at(seed)).quantised();
  }

  private void writeSheet(Image clean, Path file) throws IOException {
    int side = Math.min(SHEET_SIDE, Math.min(clean.height(), clean.width()));
    int top = (clean.height() - side) / 2;
    int left = (clean.width() - side) / 2;
    Image middle = clean.crop(top, left, side, side);
    PrintWriter print = spec.commandLine().getOut();
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
      print.printf(
          Locale.ROOT,
          "row %d: %s%n",
          rows.size() + 1,
          String.join(", ", names.subList(from, from + row.size())));
      while (row.size() < COLUMNS) {
        row.add(Pictures.onWhite(null, side, side));
      }
      rows.add(Pictures.beside(row.toArray(Image[]::new)));
    }
    write(Pictures.below(rows), file);
  }

  private void write(Image image, Path file) throws IOException {
    ImageFiles.write(image, file);
    spec.commandLine().getOut().println(file);
  }
}
