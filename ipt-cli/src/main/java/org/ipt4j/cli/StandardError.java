package org.ipt4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp;

/** Whether a person looks at standard error, and what is drawn there now. */
final class StandardError {
  private static StatusConsumer drawn; // or null

  private StandardError() {}

  private static final class Asked {
    static final boolean IS_TERMINAL = ask();

    private static boolean ask() {
      try (Terminal terminal =
          TerminalBuilder.builder()
              .systemOutput(TerminalBuilder.SystemOutput.ForcedSysErr)
              .dumb(false)
              .build()) {
        return terminal.getStringCapability(InfoCmp.Capability.cursor_up) != null;
      } catch (IOException | IllegalStateException none) {
        return false;
      }
    }
  }

  /** Whether lines can be drawn again and again there; otherwise it is a log. */
  static boolean isTerminal() {
    return Asked.IS_TERMINAL;
  }

  /** Prints lines that stay: above what is drawn, if anything is. */
  static synchronized void println(PrintWriter print, String lines) {
    if (drawn != null) {
      drawn.makeRoom();
    }
    print.println(lines);
    print.flush();
  }

  static synchronized void draw(StatusConsumer status, String lines) {
    drawn = status;
    status.draw(lines);
  }

  static synchronized void end(StatusConsumer status) {
    if (drawn == status) {
      drawn = null;
      status.leave();
    }
  }
}
