package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.data.image.Image;
import org.ipt4j.data.image.ImageFiles;
import org.ipt4j.data.image.ImageSource;
import org.ipt4j.data.image.UnreadableImageException;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.weights.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the pretrained model does, in seconds; on request, what it can learn in minutes. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Degrades a few photographs as each task of the pretrained model expects, restores them, and"
            + " shows before and after. With --minutes it also learns a new task.")
final class Demo implements Callable<Integer> {
  /** Of each of the model's tasks a typical case. */
  private static final List<String> TASKS =
      List.of(
          "x2",
          "x3",
          "x4",
          "denoise30",
          "jpeg:quality=20",
          "derain",
          "x2+denoise4+jpeg:quality=60",
          "x4+denoise4+jpeg:quality=60");

  /** Those in the picture: x2, denoise30, jpeg and derain. */
  private static final int[] PICTURED = {0, 3, 4, 5};

  private static final String LEARNED = "deblur:gaussian";
  private static final int TEST_IMAGES = 4;
  private static final int SIDE = 288; // of what is taken of one's own photographs, at most

  @Option(
      names = "--minutes",
      paramLabel = "M",
      defaultValue = "0",
      description =
          "How long to train another task, " + LEARNED + " (${DEFAULT-VALUE}: not at all).")
  private double minutes;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description =
          "Your photographs: the middles of four are shown, and with --minutes the others are trained"
              + " on. Otherwise four that are included, and generated images (dead leaves) to train"
              + " on.")
  private Path images;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "demo-out",
      description = "Folder for the pictures, the pages and the trained model (${DEFAULT-VALUE}).")
  private Path out;

  @Mixin private Computing computing;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Demo(), args));
  }

  @Override
  public Integer call() throws IOException {
    if (!(minutes >= 0)) {
      throw new IllegalArgumentException("--minutes is not negative, got " + minutes);
    }
    if (minutes > 0 && Files.exists(model())) {
      throw new IllegalArgumentException(model() + " exists already; give another --out");
    }
    AtomicFiles.check(model());
    if (images != null && Inputs.real(out).startsWith(Inputs.real(images))) {
      throw new IllegalArgumentException(
          images + ": results would lie among the images; give another --out");
    }
    return computing.run(spec, this::demo);
  }

  /** What is learned. */
  private Path model() {
    return out.resolve("model.safetensors");
  }

  private int demo() throws IOException {
    PrintWriter print = spec.commandLine().getOut();
    ImageSource shown = new DemoPhotographs();
    ImageSource learned = ImageSource.cached(new DeadLeaves(1, 200, 256, 256), 1L << 30);
    if (images != null) {
      ImageSource all = ImageSource.open(images);
      if (minutes > 0) {
        Split split = Split.of(all.size(), Math.min(TEST_IMAGES, Math.max(1, all.size() / 2)));
        shown = new Middles(all.only(split.test()));
        learned = all.only(split.training());
      } else {
        shown = new Middles(all.only(Split.spread(all.size(), TEST_IMAGES)));
      }
    }
    if (images == null) {
      print.println("the model was trained on these four photographs, too, at another size:");
      print.println("they show what restoring looks like, not how well it measures");
      print.println();
    }
    IptModel model = new GivenModel(GivenModel.DEFAULT).load(computing.device());
    DemoTable table =
        new DemoTable(shown, List.of(new DemoTable.Named(GivenModel.DEFAULT, model)), print);
    for (String task : TASKS) {
      table.add(task);
    }
    write(table, table.picture(PICTURED), "restored");
    if (minutes > 0) {
      learn(model, learned, shown, print);
    }
    return 0;
  }

  private void learn(IptModel model, ImageSource source, ImageSource shown, PrintWriter print)
      throws IOException {
    Task learned = Task.undoing(LEARNED);
    IptModel before = model.with(learned, model.task("denoise"), 1);
    IptModel after = before.copy();
    int steps =
        DemoTraining.train(
            after,
            learned,
            model.task("denoise"),
            source,
            minutes,
            print,
            spec.commandLine().getErr());
    Path file = model();
    after.save(file, Map.of("trained", "ipt demo --minutes " + minutes + ": " + steps + " steps"));
    DemoTable table =
        new DemoTable(
            shown,
            List.of(new DemoTable.Named("before", before), new DemoTable.Named("after", after)),
            print);
    table.add(LEARNED);
    for (String known : List.of("x2", "denoise30")) {
      table.add(known);
    }
    print.printf(Locale.ROOT, "%nmodel: %s%n", file);
    write(table, table.picture(0), "learned");
  }

  private void write(DemoTable table, Image picture, String name) throws IOException {
    Path file = out.resolve(name + ".png");
    Path page = out.resolve(name + ".html");
    ImageFiles.write(picture, file);
    table.writePage(page);
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%nto look at: %s, and all of it on a page to compare by hand, %s%n",
            file,
            page);
    spec.commandLine().getOut().flush();
  }

  /** The middles of images. */
  private record Middles(ImageSource all) implements ImageSource {
    @Override
    public int size() {
      return all.size();
    }

    @Override
    public Image image(int i) throws UnreadableImageException {
      return all.image(i).middle(SIDE);
    }

    @Override
    public String name(int i) {
      return all.name(i);
    }
  }
}
