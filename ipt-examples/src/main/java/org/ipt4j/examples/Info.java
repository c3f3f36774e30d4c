package org.ipt4j.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.SafeTensors;
import org.ipt4j.model.Task;
import org.ipt4j.model.TensorFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model file holds. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Says what a model file holds: configuration, tasks, size, how it was trained.")
final class Info implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A model (.safetensors).")
  private Path file;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Info(), args));
  }

  @Override
  public Integer call() throws IOException {
    IptModel model = IptModel.load(file);
    IptConfig config = model.config();
    PrintWriter out = spec.commandLine().getOut();
    int side = config.imageSide();
    out.printf(Locale.ROOT, "file            %s%n", file);
    out.printf(Locale.ROOT, "parameters      %,d%n", model.values().layout().length());
    out.printf(Locale.ROOT, "features C      %d%n", config.features());
    out.printf(
        Locale.ROOT, "tile            %d×%d in patches of P %d%n", side, side, config.patchSide());
    int perSide = side / config.patchSide();
    out.printf(
        Locale.ROOT,
        "tokens          %d of D %d%n",
        perSide * perSide,
        config.features() * config.patchSide() * config.patchSide());
    out.printf(
        Locale.ROOT,
        "layers          %d encoder + %d decoder (%s), %d heads%n",
        config.encoderLayers(),
        config.decoderLayers(),
        config.decoderForm(),
        config.attentionHeads());
    out.printf(Locale.ROOT, "RGB range       %s%n", config.rgbRange());
    out.printf(Locale.ROOT, "input residual  %s%n", config.inputResidual() ? "yes" : "no");
    for (Task task : model.tasks()) {
      out.printf(Locale.ROOT, "task            %s (scale %d)%n", task.name(), task.scale());
    }
    try (TensorFile tensors = SafeTensors.open(file)) {
      tensors
          .metadata()
          .forEach(
              (key, value) -> {
                if (!key.equals(IptModel.DESCRIPTION)) {
                  out.printf(Locale.ROOT, "%-15s %s%n", key, value);
                }
              });
    }
    return 0;
  }
}
