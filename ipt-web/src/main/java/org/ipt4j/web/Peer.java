package org.ipt4j.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The other end of a connection, on this machine: whether it is still there. The JDK's server finds
 * out only when it writes, and to a request that waits for its image there is nothing to write;
 * Linux tells.
 */
final class Peer {
  /** The connections of this process's network: those of IPv4, and those that may be either. */
  private static final List<Path> CONNECTIONS =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

  private final Pattern established;
  private boolean seen;

  Peer(HttpExchange exchange) {
    established =
        Pattern.compile(
            String.format(
                Locale.ROOT,
                "^ *\\d+: [0-9A-F]+:%04X [0-9A-F]+:%04X 01 .*",
                exchange.getLocalAddress().getPort(),
                exchange.getRemoteAddress().getPort()));
  }

  /**
   * Whether it has closed the connection, be it its half only; false where nobody tells. To be
   * asked the first time while it should be there.
   */
  boolean isGone() {
    boolean there = false;
    for (Path connections : CONNECTIONS) {
      there |= isIn(connections);
    }
    seen |= there;
    return seen && !there;
  }

  private boolean isIn(Path connections) {
    try {
      return Files.readAllLines(connections, StandardCharsets.US_ASCII).stream()
          .anyMatch(line -> established.matcher(line).matches());
    } catch (IOException notLinux) {
      return false;
    }
  }
}
