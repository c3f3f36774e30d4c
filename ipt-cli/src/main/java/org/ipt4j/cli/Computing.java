package org.ipt4j.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.ipt4j.core.Device;
import org.ipt4j.core.Profile;
import org.ipt4j.core.Workers;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a command computes. */
final class Computing {
  /** A command's work. */
  @FunctionalInterface
  interface Work<T, E extends Exception> {
    T run() throws E;
  }

  @Mixin private DeviceOptions device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "The number of threads; otherwise OMP_NUM_THREADS, or all cores.")
  private Integer threads;

  @Option(
      names = "--profile",
      description = "At the end, print the time and the multiplications of each operation.")
  private boolean profile;

  /** What computes, as asked for. */
  Device device() {
    return device.device();
  }

  /** Runs the command's work as asked for. */
  <T, E extends Exception> T run(CommandSpec command, Work<T, E> work) throws E {
    if (threads != null) {
      try {
        Workers.limit(threads);
      } catch (IllegalArgumentException bad) {
        throw new IllegalArgumentException("--threads: " + bad.getMessage(), bad);
      }
    }
    if (!profile) {
      return work.run();
    }
    Profile counted = Profile.begin();
    try {
      return work.run();
    } finally {
      counted.end();
      print(counted.lines(), command.commandLine().getOut());
    }
  }

  private static void print(List<Profile.Line> lines, PrintWriter out) {
    double all = lines.stream().mapToDouble(Profile.Line::seconds).sum();
    out.printf(
        Locale.ROOT,
        "%-16s %9s %9s %9s %6s %10s%n",
        "operation",
        "calls",
        "forward",
        "back",
        "share",
        "GFLOP/s");
    for (Profile.Line line : lines) {
      out.printf(
          Locale.ROOT,
          "%-16s %9d %7.2f s %7.2f s %4.0f %% %10s%n",
          line.operation(),
          line.forwards(),
          line.forwardSeconds(),
          line.backwardSeconds(),
          100 * line.seconds() / all,
          line.multiplications() == 0
              ? ""
              : String.format(
                  Locale.ROOT, "%.1f", 2 * line.multiplications() / line.seconds() / 1e9));
    }
    out.printf(Locale.ROOT, "%.2f s in all, summed over the threads%n", all);
    out.flush();
  }
}
