package org.ipt4j.cli;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures several models side by side. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    customSynopsis = "${COMMAND-FULL-NAME} MODEL... --data DIR... [--task TASK] [OPTIONS]",
    description =
        "Measures models on the same test images, side by side with the input (for"
            + " super-resolution its bicubic enlargement).",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all images were measured", "2:bad input; the other images were measured"})
final class Compare implements Callable<Integer> {
  private static final Set<String> BASELINE = Set.of("bicubic", "input");

  @Parameters(
      arity = "0..*",
      paramLabel = "MODEL",
      description =
          "Ahead of --data, which takes all names behind it: model files, or tiny for the pretrained"
              + " one; or bicubic or input for what goes in, which is always the first column.")
  private List<String> models = List.of();

  @Mixin private Measuring measuring;

  @Mixin private Computing computing;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Compare(), args));
  }

  @Override
  public Integer call() throws IOException {
    if (models.isEmpty()) {
      throw new IllegalArgumentException(
          "expected a MODEL ahead of --data, which takes all names behind it; got none");
    }
    List<GivenModel> given =
        models.stream().filter(model -> !BASELINE.contains(model)).map(GivenModel::new).toList();
    Set<GivenModel> once = new HashSet<>();
    for (GivenModel model : given) {
      if (!once.add(model)) {
        throw new IllegalArgumentException("model " + model.given() + " is given twice");
      }
    }
    return computing.run(spec, () -> measuring.run(given, computing.device()));
  }
}
