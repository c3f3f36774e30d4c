package org.ipt4j.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import java.net.URI;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lets in who knows the token, and nobody else: no other page in the same browser, whatever name it
 * has made the browser take for this server, and no other user of the machine.
 */
final class Guard {
  private static final int TOKEN_BYTES = 16;
  private static final int HTTP_PORT = 80;

  private final String token;
  private final Set<String> hosts;

  Guard(int port) {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    hosts =
        Stream.of("127.0.0.1", "localhost")
            .flatMap(name -> names(name, port))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** Browsers leave out the port that is HTTP's own. */
  private static Stream<String> names(String name, int port) {
    String whole = name + ":" + port;
    return port == HTTP_PORT ? Stream.of(whole, name) : Stream.of(whole);
  }

  /** The first part of every path. */
  String token() {
    return token;
  }

  /** The path behind {@code /TOKEN}, undecoded, once token, host and origin are right. */
  String admit(HttpExchange exchange) throws Refusal {
    List<String> host = all(exchange, "Host");
    URI uri = exchange.getRequestURI();
    if (uri.isAbsolute() || host.size() != 1 || !hosts.contains(host.get(0))) {
      throw new Refusal(403, "expected a request to this host by the address that was printed");
    }
    List<String> origin = all(exchange, "Origin");
    if (!origin.isEmpty() && !origin.equals(List.of("http://" + host.get(0)))) {
      throw new Refusal(403, "requests of other pages are not served");
    }
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    int end = path.indexOf('/', 1);
    String given = path.substring(Math.min(1, path.length()), end < 0 ? path.length() : end);
    if (!MessageDigest.isEqual(given.getBytes(UTF_8), token.getBytes(UTF_8))) {
      throw new Refusal(
          403, "expected the token in the address; open the address that was printed");
    }
    return end < 0 ? "" : path.substring(end);
  }

  private static List<String> all(HttpExchange exchange, String header) {
    List<String> values = exchange.getRequestHeaders().get(header);
    return values == null ? List.of() : values;
  }
}
