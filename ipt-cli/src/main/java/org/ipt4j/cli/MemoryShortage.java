package org.ipt4j.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** What is said if memory is out: Java's heap, memory outside it, or a card's. */
final class MemoryShortage {
  /** Java's own words, where what is short is the heap. */
  private static final List<String> HEAP =
      List.of("Java heap space", "GC overhead limit exceeded", "Requested array size exceeds");

  private MemoryShortage() {}

  /** One line that says what is short, and what can be done. */
  static String line(Throwable failure, CommandSpec command) {
    String whole = failure.getMessage() == null ? "" : failure.getMessage();
    String message = whole.lines().findFirst().orElse("");
    boolean heap = message.isEmpty() || HEAP.stream().anyMatch(message::contains);
    if (!heap) {
      return "not enough memory: " + message;
    }
    return String.format(
        Locale.ROOT,
        "not enough memory: Java's heap has at most %d MiB; give it more, for instance"
            + " IPT_JAVA_OPTS=-Xmx8g%s",
        Runtime.getRuntime().maxMemory() >> 20,
        command.findOption("--batch") != null ? ", or take a smaller --batch" : "");
  }
}
