package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.util.concurrent.Callable;
import org.ipt4j.web.WebServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Serves a page to restore photographs on, until it is interrupted. */
@Command(
    name = "web",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "A page to restore photographs on, in the browser; programs may use it, too. It serves this"
            + " machine only, and those who know the address that is printed. Ctrl-C ends it.")
final class Web implements Callable<Integer> {
  private static final int MOST_PORT = 65_535;
  private static final long LOOK = 200; // ms

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = GivenModel.DEFAULT,
      description = GivenModel.HELP)
  private String model;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "Where to listen; any port that is free.")
  private int port;

  @Option(names = "--no-browser", description = "Do not open the page.")
  private boolean withoutBrowser;

  @Mixin private Computing computing;

  @Spec private CommandSpec spec;

  /** Runs the command. */
  public static void main(String[] args) {
    System.exit(Commands.run(new Web(), args));
  }

  @Override
  public Integer call() throws IOException {
    return computing.run(spec, this::serve);
  }

  private int serve() throws IOException {
    if (port < 0 || port > MOST_PORT) {
      throw new IllegalArgumentException(
          "--port: expected 1 to " + MOST_PORT + ", or 0 for any that is free, got " + port);
    }
    PrintWriter err = spec.commandLine().getErr();
    try (StopSignal stop = new StopSignal(err, "stopping: all photographs are deleted here");
        WebServer server = WebServer.start(new GivenModel(model).load(computing.device()), port)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(server.address());
      out.flush();
      if (!withoutBrowser && !Browser.open(server.leadingFile())) {
        StandardError.println(err, "open this address in a browser; Ctrl-C ends it");
      }
      while (!stop.getAsBoolean()) {
        Thread.sleep(LOOK);
      }
    } catch (BindException taken) {
      throw new IOException("--port: " + port + " is taken, or not for you to use", taken);
    } catch (InterruptedException toEnd) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
