package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import me.tongfei.progressbar.ProgressBar;
import org.ipt4j.core.AtomicFiles;
import org.ipt4j.data.ImageFiles;
import org.ipt4j.data.ImageFormat;
import org.ipt4j.data.ImageSize;
import org.ipt4j.data.Picture;
import org.ipt4j.data.UnreadableImageException;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.ipt4j.model.TileListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Restores photographs with a trained model. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Restores photographs of any size with a trained model, by itself the pretrained one. Transparency, 16 bits, gray and"
            + " colour profiles are kept; images are turned as they note they are to be.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all images were restored", "2:bad input; the other images were restored"})
final class Restore implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      description =
          "One of the model's tasks, for instance x2; a name within its range, such as denoise30,"
              + " is that task, too. Left out, the tasks are listed.")
  private String task;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "DIR",
      description = "Where restored images go, by the names they have.")
  private Path out;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "png, jpeg, tiff or bmp; otherwise each image's own, and PNG for those of GIF and WebP.")
  private ImageFormat format;

  @Option(names = "--force", description = "Replace files that exist.")
  private boolean force;

  @Option(
      names = "--ensemble",
      description =
          "Restore in all eight mirrorings and turns and take the mean: a little better, eight"
              + " times as slow.")
  private boolean ensemble;

  @Option(
      names = "--overlap",
      paramLabel = "PIXELS",
      description = "What neighbouring tiles share, below the tile's side; an eighth of it.")
  private Integer overlap;

  @Option(
      names = "--batch",
      paramLabel = "TILES",
      defaultValue = "" + ImageRestorer.DEFAULT_BATCH,
      description = "Tiles a pass: memory grows with them (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--threads", paramLabel = "N", description = "How many cores to compute on; all.")
  private Integer threads;

  @Parameters(
      arity = "1..*",
      paramLabel = "INPUT",
      description =
          "Images, folders of images (and of folders: their structure is kept), or patterns such"
              + " as 'photos/**.png'.")
  private List<String> inputs;

  @Spec private CommandSpec spec;

  private long restoredPixels; // of the degraded images
  private final Map<Path, Path> written = new HashMap<>(); // from which input each output came

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Restore(), args));
  }

  @Override
  public Integer call() throws IOException {
    if (threads != null) {
      NativeThreads.limit(threads);
    }
    IptModel loaded = new GivenModel(model).load();
    Task wanted = AskedTask.of(loaded, task);
    int shared = overlap != null ? overlap : ImageRestorer.defaultOverlap(loaded.config());
    ImageRestorer restorer = new ImageRestorer(loaded, shared, batch, ensemble);
    Inputs found = Inputs.of(inputs);
    found.failures().forEach(this::fail);
    long start = System.nanoTime();
    restoreAll(restorer, wanted, found.files());
    int all = found.files().size() + found.failures().size();
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%d of %d restored to %s: %.1f megapixels in %s%n",
            written.size(),
            all,
            out,
            restoredPixels / 1e6,
            Duration.ofSeconds((System.nanoTime() - start) / 1_000_000_000)
                .toString()
                .substring(2)
                .toLowerCase(Locale.ROOT));
    return written.size() == all ? 0 : spec.exitCodeOnInvalidInput();
  }

  private void restoreAll(ImageRestorer restorer, Task wanted, List<Inputs.Input> files) {
    String reply = "stopping: the image that is being restored is left out";
    try (StopSignal stop = new StopSignal(spec.commandLine().getErr(), reply);
        ProgressBar bar = Commands.progress("restore", "tiles", tiles(restorer, files)).build()) {
      long before = 0;
      for (int i = 0; i < files.size() && !stop.getAsBoolean(); i++) {
        Inputs.Input input = files.get(i);
        long tilesBefore = before;
        bar.setExtraMessage(String.format(Locale.ROOT, " image %d/%d", i + 1, files.size()));
        TileListener listener =
            (done, all) -> {
              bar.stepTo(tilesBefore + done);
              if (stop.getAsBoolean()) {
                throw new CancellationException();
              }
            };
        try {
          restore(restorer, wanted, input, listener);
        } catch (CancellationException stopped) {
          fail(input.file() + ": not restored, for the command was stopped");
          return;
        } catch (IOException | IllegalArgumentException failure) {
          fail(input.file(), failure);
        }
        before += tiles(restorer, List.of(input));
        bar.stepTo(before);
      }
    }
  }

  private static long tiles(ImageRestorer restorer, List<Inputs.Input> files) {
    long tiles = 0;
    for (Inputs.Input input : files) {
      try {
        ImageSize size = ImageFiles.size(input.file());
        tiles += restorer.tiles(size.height(), size.width());
      } catch (UnreadableImageException toBeSaidLater) {
        // has no tiles
      }
    }
    return tiles;
  }

  private void restore(
      ImageRestorer restorer, Task wanted, Inputs.Input input, TileListener listener)
      throws IOException {
    Path place = input.place();
    if (format != null) { // before the image is decoded
      checkFree(input.file(), target(place, format));
    }
    Picture picture = Picture.read(input.file());
    ImageFormat as = format != null ? format : picture.format();
    Path target = target(place, as);
    checkFree(input.file(), target);
    AtomicFiles.tidy(target);
    restorer.restore(wanted, picture, target, as, listener);
    written.put(target, input.file());
    restoredPixels += (long) picture.height() * picture.width();
  }

  // the name is kept where its ending says the format already
  private Path target(Path place, ImageFormat as) {
    Path target = out.resolve(place);
    if (!as.isNamed(place.getFileName().toString())) {
      target = target.resolveSibling(Commands.baseName(place.getFileName()) + "." + as.extension());
    }
    return target.toAbsolutePath().normalize();
  }

  private void checkFree(Path input, Path target) throws IOException {
    if (written.containsKey(target)) {
      throw new IllegalArgumentException(
          target + " was made of " + written.get(target) + " already");
    }
    if (Files.exists(target) && Files.isSameFile(input, target)) {
      throw new IllegalArgumentException("would replace the degraded image; give another --out");
    }
    if (Files.exists(target) && !force) {
      throw new FileAlreadyExistsException(target.toString());
    }
  }

  private void fail(Path input, Exception failure) {
    String message = Commands.message(failure);
    fail(message.startsWith(input + ": ") ? message : input + ": " + message);
  }

  private void fail(String line) {
    spec.commandLine().getErr().println(line);
  }
}
