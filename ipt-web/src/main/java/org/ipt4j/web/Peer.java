package org.ipt4j.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Whether the other end of a connection is still there. The JDK's server finds out only when it
 * writes, and to a request that waits for its image there is nothing to write; Linux tells.
 */
final class Peer {
  /** The connections of this process's network: those of IPv4, and those that may be either. */
  private static final List<Path> CONNECTIONS =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

  private static final String ESTABLISHED = "01";

  private Peer() {}

  /**
   * Whether it has closed the connection, be it its half only; false where nobody tells.
   *
   * @param port of this end
   * @param other the other end's, on this machine
   */
  static boolean isGone(int port, int other) {
    String ends =
        String.format(Locale.ROOT, "^ *\\d+: [0-9A-F]+:%04X [0-9A-F]+:%04X ", port, other);
    try {
      for (Path connections : CONNECTIONS) {
        for (String line : Files.readAllLines(connections, StandardCharsets.US_ASCII)) {
          if (line.matches(ends + ".*")) {
            return !line.replaceFirst(ends, "").startsWith(ESTABLISHED);
          }
        }
      }
      return true;
    } catch (IOException notLinux) {
      return false;
    }
  }
}
