package org.ipt4j.examples;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import org.ipt4j.data.Image;
import org.ipt4j.data.ImageFiles;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Restores photographs with a trained model. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description = "Restores photographs of any size with a trained model, as PNG.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all images were restored", "2:bad input; the other images were restored"})
final class Restore implements Callable<Integer> {
  private static final int PARTS = 1000; // of the progress bar

  @Option(names = "--model", required = true, paramLabel = "FILE", description = "A model.")
  private Path model;

  @Option(
      names = "--task",
      required = true,
      paramLabel = "NAME",
      description = "One of the model's tasks, for instance x2 (see ipt info).")
  private String task;

  @Option(
      names = {"-o", "--out"},
      required = true,
      paramLabel = "DIR",
      description = "Where restored images go.")
  private Path out;

  @Option(names = "--force", description = "Replace files that exist.")
  private boolean force;

  @Parameters(
      arity = "1..*",
      paramLabel = "INPUT",
      description = "Images, or folders of images (not those below).")
  private List<Path> inputs;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Restore(), args));
  }

  @Override
  public Integer call() throws IOException {
    IptModel loaded = IptModel.load(model);
    Task wanted = loaded.task(task);
    ImageRestorer restorer = new ImageRestorer(loaded);
    int failed = 0;
    List<Path> files = files();
    for (Path file : files) {
      try {
        restore(restorer, wanted, file);
      } catch (IOException | IllegalArgumentException failure) {
        spec.commandLine().getErr().println(Commands.message(failure));
        failed++;
      }
    }
    spec.commandLine()
        .getOut()
        .printf(Locale.ROOT, "%d of %d restored to %s%n", files.size() - failed, files.size(), out);
    return failed == 0 ? 0 : spec.exitCodeOnInvalidInput();
  }

  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path input : inputs) {
      if (Files.isDirectory(input)) {
        try (Stream<Path> listed = Files.list(input)) {
          listed.filter(ImageFiles::isImage).sorted().forEach(files::add);
        }
      } else {
        files.add(input);
      }
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException("expected images, found none in " + inputs);
    }
    return files;
  }

  private void restore(ImageRestorer restorer, Task wanted, Path file) throws IOException {
    Path target = out.resolve(Commands.baseName(file) + ".png");
    if (Files.exists(target) && !force) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Image degraded = ImageFiles.read(file);
    try (ProgressBar bar = Commands.progress(file.getFileName().toString(), "‰", PARTS).build()) {
      Image restored =
          restorer.restore(wanted, degraded, part -> bar.stepTo(Math.round(part * PARTS)));
      ImageFiles.write(restored, target);
    }
  }
}
