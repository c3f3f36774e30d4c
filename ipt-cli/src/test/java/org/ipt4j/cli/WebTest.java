package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.ipt4j.cli.CommandRun.Outcome;
import org.junit.jupiter.api.Test;

/** The command {@code web}: what it prints, and that it serves until it is interrupted. */
class WebTest {
  @Test
  void itPrintsWhereItServesUntilItIsInterrupted() throws Exception {
    PipedReader printed = new PipedReader();
    StringWriter err = new StringWriter();
    PrintWriter out = new PrintWriter(new PipedWriter(printed), true);
    FutureTask<Integer> command =
        new FutureTask<>(
            () ->
                Commands.commandLine(new Web())
                    .setOut(out)
                    .setErr(new PrintWriter(err, true))
                    .execute("--no-browser"));
    Thread thread = new Thread(command);
    thread.start();
    URI address = URI.create(new BufferedReader(printed).readLine());
    assertThat(address.toString()).matches("http://127\\.0\\.0\\.1:\\d+/[-_\\w]{22}/");
    HttpResponse<String> tasks =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(address.resolve("tasks")).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(tasks.body()).contains("\"photo-x2\"", "Enlarge ×2 and clean", "Remove noise");

    thread.interrupt();

    assertThat(command.get()).isZero();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aPortThatCannotBeIsOneLine() throws Exception {
    assertRefused("--port: expected 1 to 65535, or 0 for any that is free, got 70000", 70_000);
    byte[] loopback = {127, 0, 0, 1};
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByAddress(loopback))) {
      int port = other.getLocalPort();
      assertRefused("--port: " + port + " is taken, or not for you to use", port);
    }
  }

  private static void assertRefused(String line, int port) {
    Outcome refused = CommandRun.run(Web.class, "--port", "" + port, "--no-browser");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).isEqualTo(line + System.lineSeparator());
  }

  @Test
  void aBrowserIsOpenedWhereThereIsAScreen() {
    assertThat(Browser.command("Linux", Map.of())).isEmpty();
    assertThat(Browser.command("Linux", Map.of("WAYLAND_DISPLAY", "w")))
        .isEqualTo(List.of("xdg-open"));
    assertThat(Browser.command("Mac OS X", Map.of())).isEqualTo(List.of("open"));
    assertThat(Browser.command("Windows 11", Map.of())).startsWith("rundll32");
  }
}
