package org.ipt4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures how well a model restores. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a model on test images: PSNR and SSIM of the input (for super-resolution its"
            + " bicubic enlargement) and of the restored image.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all images were measured", "2:bad input; the other images were measured"})
final class Evaluate implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Mixin private Measuring measuring;

  @Mixin private Computing computing;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Evaluate(), args));
  }

  @Override
  public Integer call() throws IOException {
    return computing.run(
        spec, () -> measuring.run(List.of(new GivenModel(model)), computing.device()));
  }
}
