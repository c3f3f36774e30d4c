package org.ipt4j.examples;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The commands of {@code ./ipt}, each of which is also a main class of its own. */
@Command(
    name = "ipt",
    description = "Pre-trained Image Processing Transformer: restores photographs.",
    subcommands = {
      Demo.class,
      Pretrain.class,
      Restore.class,
      Degrade.class,
      Info.class,
      HelpCommand.class
    })
final class Ipt {
  private Ipt() {}

  /** Runs one of the commands. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Ipt(), args));
  }
}
