package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.ipt4j.web.Client.png;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ipt4j.data.image.DeadLeaves;
import org.ipt4j.model.IptConfig;
import org.ipt4j.model.IptModel;
import org.ipt4j.model.Task;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server stays as it is, whatever it is sent. */
class HostileRequestsTest {
  private static final int SECONDS = 2;

  private static WebServer server;
  private static Client client;
  private static Path folder;

  @BeforeAll
  static void start() throws IOException {
    IptModel model = IptModel.create(IptConfig.preset("nano"), List.of(new Task("x2", 2)), 1);
    WebLimits limits = new WebLimits(1 << 20, 1 << 20, 1 << 20, 16, Duration.ofSeconds(SECONDS));
    server = WebServer.start(model, 0, limits);
    client = new Client(server.address());
    folder = server.leadingFile().getParent();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        // the token; newer Javas refuse some of these and of the next themselves, with 400
        "GET / HTTP/1.1|Host: HOST||; 403",
        "GET /tasks HTTP/1.1|Host: HOST||; 403",
        "GET /TOKENx/tasks HTTP/1.1|Host: HOST||; 403",
        "GET //TOKEN/tasks HTTP/1.1|Host: HOST||; 40[03]",
        "POST /restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: 3||abc; 403",
        "GET /?TOKEN HTTP/1.1|Host: HOST||; 403",
        // the host: a name that someone has made lead here
        "GET /TOKEN/tasks HTTP/1.1|Host: evil.example:PORT||; 403",
        "GET /TOKEN/tasks HTTP/1.1|Host: 127.0.0.1||; 403",
        "GET /TOKEN/tasks HTTP/1.1|Host: 127.0.0.1.evil.example:PORT||; 403",
        "GET /TOKEN/tasks HTTP/1.1|Host: HOST|Host: evil.example||; 40[03]",
        "GET /TOKEN/tasks HTTP/1.1|Host: ||; 403",
        "GET /TOKEN/tasks HTTP/1.1||; 40[03]",
        "GET http://evil.example/TOKEN/tasks HTTP/1.1|Host: HOST||; 40[03]",
        "GET /TOKEN/tasks HTTP/1.1|Host: localhost:PORT|Connection: close||; 200",
        // the origin: other pages
        "GET /TOKEN/tasks HTTP/1.1|Host: HOST|Origin: http://evil.example||; 403",
        "GET /TOKEN/tasks HTTP/1.1|Host: HOST|Origin: null||; 403",
        "GET /TOKEN/tasks HTTP/1.1|Host: HOST|Origin: http://127.0.0.1:1||; 403",
        "GET /TOKEN/tasks HTTP/1.1|Host: HOST|Origin: https://HOST||; 403",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Origin: http://evil.example|Content-Length: 3||abc; 403",
        "OPTIONS /TOKEN/restore HTTP/1.1|Host: HOST|Origin: http://evil.example|Access-Control-Request-Method: POST||; 403",
        "OPTIONS /TOKEN/restore HTTP/1.1|Host: HOST|Origin: http://HOST||; 405",
        "GET /TOKEN/tasks HTTP/1.1|Host: HOST|Origin: http://HOST|Connection: close||; 200",
        // paths
        "GET /TOKEN/../../etc/passwd HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN/%2e%2e/%2e%2e/etc/passwd HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN/..%5c..%5cwindows HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN//etc/passwd HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN/page/index.html HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN/WebServer.class HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN/restore/../open.html HTTP/1.1|Host: HOST||; 404",
        "DELETE /TOKEN/restore/..%2fopen.html HTTP/1.1|Host: HOST||; 404",
        "GET /TOKEN/\u0001 HTTP/1.1|Host: HOST||; 400",
        // methods and forms
        "PUT /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: 0||; 405",
        "TRACE /TOKEN/ HTTP/1.1|Host: HOST||; 405",
        "HEAD /TOKEN/ HTTP/1.1|Host: HOST||; 405",
        "nonsense||; 400",
        // lengths
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: 99999999999||; 413",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: -5||abc; 400",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: 1e3||abc; 400",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST||; 400"
      })
  void isRefused(String request, String status) throws IOException {
    try (Socket socket = client.connect()) {
      socket.getOutputStream().write(client.filled(request).getBytes(ISO_8859_1));
      socket.shutdownOutput();
      String answer = Client.rest(socket);
      assertThat(answer).containsPattern("^HTTP/1.1 " + status);
      assertThat(answer).doesNotContainIgnoringCase("Access-Control-");
    }
    assertStillServes();
  }

  /** What is cut short, half-closed or endless. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /TOKEN/tasks HT",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: 1000||half of it",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Transfer-Encoding: chunked||5|half",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Transfer-Encoding: chunked||zz|half|0||",
        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Transfer-Encoding: chunked||fffffffffffff|half"
      })
  void whatEndsTooSoonIsDropped(String request) throws Exception {
    try (Socket socket = client.connect()) {
      socket.getOutputStream().write(client.filled(request).getBytes(ISO_8859_1));
      socket.shutdownOutput(); // half-closed: it still wants to hear
      assertThat(Client.rest(socket)).doesNotContain(" 200 ");
    }
    assertNothingIsKept();
    assertStillServes();
  }

  @Test
  void anEndlessUploadIsCutOff() throws Exception {
    try (Socket socket = client.connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          client
              .filled(
                  "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Transfer-Encoding: chunked||")
              .getBytes(ISO_8859_1));
      byte[] chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(ISO_8859_1);
      long sent = 0;
      try {
        for (; sent < 1000L * chunk.length; sent += chunk.length) {
          out.write(chunk);
        }
      } catch (IOException cutOff) {
        // as it should be
      }
      // of 65 MB; both ends buffer some megabytes
      assertThat(sent).isLessThan(500L * chunk.length);
    }
    assertNothingIsKept();
    assertStillServes();
  }

  /** Uploads that stall hold their places no longer than the limit says. */
  @Test
  void slowUploadsAreEnded() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        Socket socket = client.connect();
        slow.add(socket);
        socket
            .getOutputStream()
            .write(
                client
                    .filled(
                        "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Content-Length: 1000||a")
                    .getBytes(ISO_8859_1));
      }
      long start = System.nanoTime();
      int refused = 0;
      for (Socket socket : slow) {
        refused += Client.rest(socket).contains(" 503 ") ? 1 : 0; // those beyond 17
      }
      assertThat(refused).isEqualTo(13);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
    assertNothingIsKept();
    assertStillServes();
  }

  /** A restored image that nobody takes is kept no longer than the limit says. */
  @Test
  void whoDoesNotReadIsNotWaitedFor() throws Exception {
    byte[] image = png(new DeadLeaves(1, 1, 20, 20).image(0));
    try (Socket socket = client.connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          client
              .filled(
                  "POST /TOKEN/restore?task=x2 HTTP/1.1|Host: HOST|Accept: text/event-stream|"
                      + "Content-Length: "
                      + image.length
                      + "||")
              .getBytes(ISO_8859_1));
      out.write(image);
      out.flush();
      Thread.sleep(1000);
      assertNothingIsKept();
    }
    assertStillServes();
  }

  /** More connections that say nothing than there are threads. */
  @Test
  void silentConnectionsAreInNobodysWay() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        silent.add(client.connect());
      }
      assertStillServes();
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void otherAddressesOfTheMachineDoNotAnswer() throws Exception {
    List<InetAddress> others =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress())
            .toList();
    for (InetAddress other : others) {
      try (Socket socket = new Socket()) {
        socket.connect(new java.net.InetSocketAddress(other, server.address().getPort()), 500);
        assertThat(socket.isConnected()).as("%s", other).isFalse();
      } catch (IOException refused) {
        // as it should be
      }
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void filesAreForTheirOwnerOnly() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
  }

  private static void assertNothingIsKept() throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (System.nanoTime() < end) {
      try (Stream<Path> files = Files.list(folder)) {
        if (files.count() == 1) {
          return;
        }
      }
      Thread.sleep(20);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.toList()).containsExactly(folder.resolve("open.html"));
    }
  }

  private static void assertStillServes() throws IOException {
    assertThat(client.raw("GET /TOKEN/tasks HTTP/1.1|Host: HOST|Connection: close||"))
        .startsWith("HTTP/1.1 200")
        .contains("Content-security-policy: default-src 'none'")
        .endsWith("}");
  }
}
