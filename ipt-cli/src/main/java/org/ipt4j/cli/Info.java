package org.ipt4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.ModelFile;
import org.ipt4j.model.Task;
import org.ipt4j.weights.TensorFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model is: its configuration and tasks, how it was trained and what it measures. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Shows a model's configuration, tasks, training and figures.")
final class Info implements Callable<Integer> {
  /** How the keys of notes begin that say what a task measures. */
  static final String MEASURED = "measured.";

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Info(), args));
  }

  @Override
  public Integer call() throws IOException {
    try (TensorFile tensors = new GivenModel(model).open()) {
      IptModel loaded = ModelFile.load(tensors);
      print("model", model);
      print(loaded);
      for (Task task : loaded.tasks()) {
        print(task, tensors.metadata().get(MEASURED + task.name()));
      }
      tensors
          .metadata()
          .forEach(
              (key, value) -> {
                if (!key.equals(ModelFile.DESCRIPTION) && !key.startsWith(MEASURED)) {
                  printLines(key, value);
                }
              });
    }
    return 0;
  }

  private void print(IptModel loaded) {
    IptConfig config = loaded.config();
    int side = config.imageSide();
    int perSide = side / config.patchSide();
    print("parameters", "%,d", loaded.values().layout().length());
    print("features C", "%d", config.features());
    print("tile", "%d×%d in patches of P %d", side, side, config.patchSide());
    print(
        "tokens",
        "%d of D %d",
        perSide * perSide,
        config.features() * config.patchSide() * config.patchSide());
    print(
        "layers",
        "%d encoder + %d decoder (%s), %d heads",
        config.encoderLayers(),
        config.decoderLayers(),
        config.decoderForm(),
        config.attentionHeads());
    print("RGB range", "%s", config.rgbRange());
    print("input residual", "%s", config.inputResidual() ? "yes" : "no");
  }

  /** A task, and below it what is known of it. */
  private void print(Task task, String measured) {
    print("task", "%s (scale %d)", task.name(), task.scale());
    if (!task.use().isEmpty()) {
      print("", task.use());
    }
    if (!task.degradation().equals(task.name())) {
      print("", "undoes %s", task.degradation());
    }
    if (measured != null) {
      print("", measured);
    }
  }

  private void print(String key, String format, Object... values) {
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%-15s %s%n",
            Commands.printable(key),
            Commands.printable(String.format(Locale.ROOT, format, values)));
  }

  /** The key beside the first line. */
  private void printLines(String key, String lines) {
    List<String> all = lines.lines().toList();
    for (int i = 0; i < all.size(); i++) {
      print(i == 0 ? key : "", all.get(i));
    }
  }

  private void print(String key, String value) {
    print(key, "%s", value);
  }
}
