package org.ipt4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Locale;
import org.ipt4j.core.Device;
import org.ipt4j.cuda.CudaUnavailableException;
import org.ipt4j.model.ModelFile;
import org.ipt4j.training.TrainingException;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/** What all commands share: how they are run and fail. */
public final class Commands {
  private Commands() {}

  /**
   * Runs a command and yields its exit code: 0 if all went well, 2 with one line on standard error
   * if what the user gave is at fault, or memory is out.
   */
  public static int run(Object command, String... args) {
    Charset charset =
        Charset.forName(
            System.getProperty(
                "stdout.encoding",
                System.getProperty("sun.stdout.encoding", Charset.defaultCharset().name())));
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    return run(
        commandLine(command).setOut(new PrintWriter(new OutputStreamWriter(out, charset), true)),
        args);
  }

  /** Also 2 if what was printed has not all been taken: a full disk, a pipe that was closed. */
  static int run(CommandLine commandLine, String... args) {
    int code = commandLine.execute(args);
    if (commandLine.getOut().checkError()) {
      StandardError.println(commandLine.getErr(), "standard output could not be written");
      return commandLine.getCommandSpec().exitCodeOnInvalidInput();
    }
    return code;
  }

  /** A command with all that they share but standard output. */
  public static CommandLine commandLine(Object command) {
    Locale.setDefault(Locale.ROOT); // for the libraries that write figures and compare names
    CommandLine line =
        new CommandLine(command)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionStrategy(Commands::execute)
            .setExecutionExceptionHandler(
                (failure, commandLine, parsed) -> {
                  if (Device.isOutOfMemory(failure)) {
                    return tooLittleMemory(failure, parsed);
                  }
                  if (!isUsersFault(failure)) {
                    throw failure;
                  }
                  commandLine.getErr().println(message(failure));
                  return commandLine.getCommandSpec().exitCodeOnInvalidInput();
                })
            .setParameterExceptionHandler(
                (failure, args1) -> {
                  CommandLine commandLine = failure.getCommandLine();
                  commandLine.getErr().println(message(failure));
                  return commandLine.getCommandSpec().exitCodeOnInvalidInput();
                });
    setVersion(line);
    return line;
  }

  private static void setVersion(CommandLine line) {
    line.getCommandSpec().versionProvider(() -> new String[] {"ipt4j " + ModelFile.version()});
    line.getSubcommands().values().forEach(Commands::setVersion);
  }

  // picocli handles exceptions only, and this is an error
  private static int execute(ParseResult parsed) {
    for (ParseResult one = parsed; one != null; one = one.subcommand()) {
      checkGiven(one);
    }
    try {
      return new RunLast().execute(parsed);
    } catch (OutOfMemoryError failure) {
      return tooLittleMemory(failure, parsed);
    }
  }

  private static void checkGiven(ParseResult parsed) {
    CommandLine line = parsed.commandSpec().commandLine();
    for (ArgSpec argument : parsed.matchedArgs()) {
      for (String value : argument.originalStringValues()) {
        if (value.isEmpty()) { // as a path, it would be the current folder
          throw new ParameterException(
              line, name(argument) + ": expected a value, got an empty text");
        }
        if (argument.isOption() && value.startsWith("--")) { // picocli takes any unknown option
          throw new ParameterException(
              line,
              String.format(
                  Locale.ROOT,
                  "%s: expected a value, got the unknown option %s (a file of this name: ./%s); %s",
                  name(argument),
                  value,
                  value,
                  seeHelp(line)));
        }
      }
    }
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  private static String seeHelp(CommandLine line) {
    return "see " + line.getCommandSpec().qualifiedName() + " --help";
  }

  private static int tooLittleMemory(Throwable failure, ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    CommandSpec command = last.commandSpec();
    StandardError.println(command.commandLine().getErr(), MemoryShortage.line(failure, command));
    return command.exitCodeOnInvalidInput();
  }

  private static boolean isUsersFault(Exception failure) {
    return failure instanceof IOException
        || failure instanceof UncheckedIOException
        || failure instanceof IllegalArgumentException
        || failure instanceof TrainingException
        || failure instanceof CudaUnavailableException;
  }

  /** One line that says what was expected and what came. */
  static String message(Exception failure) {
    if (failure instanceof UnmatchedArgumentException unmatched) {
      return String.format(
          Locale.ROOT,
          "unknown %s; %s",
          String.join(" ", unmatched.getUnmatched()),
          seeHelp(unmatched.getCommandLine()));
    }
    if (failure instanceof NoSuchFileException missing) {
      return "no such file: " + missing.getFile();
    }
    if (failure instanceof FileAlreadyExistsException there) {
      return there.getFile() + " exists already";
    }
    if (failure instanceof AccessDeniedException denied && denied.getReason() == null) {
      return "access denied: " + denied.getFile();
    }
    if (failure instanceof NotDirectoryException file) {
      return "expected a folder, found a file: " + file.getFile();
    }
    if (failure instanceof FileSystemException trouble && trouble.getReason() == null) {
      return trouble.getClass().getSimpleName() + ": " + trouble.getFile();
    }
    return failure instanceof UncheckedIOException wrapper
        ? message(wrapper.getCause())
        : failure.getMessage();
  }

  /** A text in one line that does not command the terminal, whatever a stranger's file holds. */
  static String printable(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }

  /** A number of things: {@code 1 image}, {@code 2 images}. */
  static String count(long number, String one) {
    return number + " " + one + (number == 1 ? "" : "s");
  }

  /** A file's name without its extension. */
  static String baseName(Path file) {
    return file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
  }
}
