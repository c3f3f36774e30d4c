package org.ipt4j.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The commands of {@code ./ipt}, each of which is also a main class of its own. */
@Command(
    name = "ipt",
    mixinStandardHelpOptions = true,
    description = "Pre-trained Image Processing Transformer: restores photographs.",
    subcommands = {
      Demo.class,
      Pretrain.class,
      Finetune.class,
      Restore.class,
      Web.class,
      Evaluate.class,
      Compare.class,
      Degrade.class,
      Import.class,
      Export.class,
      Info.class,
      HelpCommand.class
    })
final class Ipt implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private Ipt() {}

  /** Runs one of the commands. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Ipt(), args));
  }

  /** Without a command: says which there are. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return spec.exitCodeOnInvalidInput();
  }
}
