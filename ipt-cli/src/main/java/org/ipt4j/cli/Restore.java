package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.DoubleConsumer;
import org.ipt4j.data.image.ImageFormat;
import org.ipt4j.data.image.ImageSize;
import org.ipt4j.data.image.Picture;
import org.ipt4j.model.ImageRestorer;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Restores photographs with a trained model. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Restores photographs of any size with a trained model, by default the pretrained one."
            + " Keeps transparency, 16 bits, gray and colour profiles, and applies the noted"
            + " orientation.",
    footer = {
      "",
      "With the model tiny, a megapixel of the input takes 4 to 10 seconds on two cores"
          + " (--ensemble: eight times as long).",
      "Existing results are kept, so the same command continues a run that was stopped."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all images were restored, or had been",
      "2:bad input; the other images were restored"
    })
final class Restore implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(names = "--task", paramLabel = "NAME", description = AskedTask.HELP)
  private String task;

  @Mixin private EachImage images;

  @Mixin private Restoring restoring;

  @Mixin private Computing computing;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Restore(), args));
  }

  @Override
  public Integer call() throws IOException {
    return computing.run(spec, this::restore);
  }

  private int restore() throws IOException {
    IptModel loaded = new GivenModel(model).load(computing.device());
    Task wanted = AskedTask.of(loaded, task);
    ImageRestorer restorer = restoring.restorer(loaded);
    PrintWriter err = spec.commandLine().getErr();
    return images.run(
        "restored",
        new EachImage.Work() {
          @Override
          public ImageFormat format(ImageFormat own) {
            return restoring.format(own);
          }

          @Override
          public ImageSize size(ImageSize of) {
            return new ImageSize(wanted.scale() * of.height(), wanted.scale() * of.width());
          }

          @Override
          public void make(Path image, Path target, ImageFormat as, DoubleConsumer done)
              throws IOException {
            restorer.restore(
                wanted,
                Picture.read(image, line -> StandardError.println(err, line)),
                target,
                as,
                (tiles, all) -> done.accept((double) tiles / all));
          }
        });
  }
}
