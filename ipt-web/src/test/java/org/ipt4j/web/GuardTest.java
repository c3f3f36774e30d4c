package org.ipt4j.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the guard of a port says; the requests come over another, for 80 is not everyone's. */
class GuardTest {
  @ParameterizedTest
  @CsvSource({
    "80,127.0.0.1,http://127.0.0.1,200",
    "80,localhost,http://localhost,200",
    "80,127.0.0.1:80,http://127.0.0.1:80,200",
    "80,127.0.0.1,http://evil.example,403",
    "80,127.0.0.1,https://127.0.0.1,403",
    "80,127.0.0.1:8080,http://127.0.0.1:8080,403",
    "80,evil.example,http://evil.example,403",
    "8080,127.0.0.1:8080,http://127.0.0.1:8080,200",
    "8080,127.0.0.1,http://127.0.0.1,403",
    "8080,localhost,http://localhost,403"
  })
  void admitsByTheNamesOfItsPort(int port, String host, String origin, int status)
      throws IOException {
    Guard guard = new Guard(port);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          int answer = 200;
          try {
            guard.admit(exchange);
          } catch (Refusal refusal) {
            answer = refusal.status();
          }
          exchange.sendResponseHeaders(answer, -1);
          exchange.close();
        });
    server.start();
    try {
      String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/" + guard.token();
      String request =
          String.format(
              "GET /TOKEN/ HTTP/1.1|Host: %s|Origin: %s|Connection: close||", host, origin);
      assertThat(new Client(URI.create(address)).raw(request)).startsWith("HTTP/1.1 " + status);
    } finally {
      server.stop(0);
    }
  }
}
