package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training in a process of its own that is terminated, then killed again and again, and taken up
 * again each time, ends with the file of a run that nobody disturbed. {@code -Dipt.kills=25} kills
 * more often; {@code -Dipt.seed=…} repeats a failure.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "processes there cannot be asked to stop")
class InterruptedRunTest {
  private static final int KILLS = Integer.getInteger("ipt.kills", 2);
  private static final int STEPS = 20 + 10 * KILLS; // so that it does not end before the last kill

  private final long seed = Long.getLong("ipt.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void killedAnywhereItEndsAsIfUndisturbed(@TempDir Path folder)
      throws IOException, InterruptedException {
    System.out.println("InterruptedRunTest: -Dipt.seed=" + seed);
    Path whole = folder.resolve("whole");
    assertThat(finish(start(whole))).isZero();

    Path disturbed = folder.resolve("disturbed");
    assertTermination(disturbed);
    int whileWriting = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = start(disturbed, "--resume");
      whileWriting += killSomewhere(process, disturbed.resolve("checkpoints")) ? 1 : 0;
    }
    System.out.printf("%d kills, %d of them in the middle of writing%n", KILLS, whileWriting);
    assertThat(finish(start(disturbed, "--resume"))).as(() -> said(disturbed)).isZero();

    assertThat(disturbed.resolve("model.safetensors"))
        .as("seed %d", seed)
        .hasSameBinaryContentAs(whole.resolve("model.safetensors"));
    assertThat(unfinished(disturbed.resolve("checkpoints"))).isEmpty();
  }

  private void assertTermination(Path run) throws IOException, InterruptedException {
    Process process = start(run);
    Path checkpoints = run.resolve("checkpoints");
    while (!Files.exists(checkpoints.resolve("latest.safetensors"))) {
      assertThat(process.isAlive()).isTrue();
      Thread.sleep(20);
    }
    process.destroy(); // SIGTERM
    assertThat(finish(process)).isEqualTo(128 + 15);
    assertThat(run.resolve("out.txt"))
        .content()
        .contains("stopping: finishing the step and saving")
        .containsPattern("stopped after step \\d+ of " + STEPS + " and saved");
    assertThat(run.resolve("model.safetensors")).doesNotExist();
  }

  /** Kills a run at any moment, or every other time while a checkpoint is being written. */
  private boolean killSomewhere(Process process, Path checkpoints)
      throws IOException, InterruptedException {
    boolean writing = random.nextBoolean();
    long start = System.nanoTime();
    long delay = TimeUnit.MILLISECONDS.toNanos(random.nextInt(4000));
    while (process.isAlive() && System.nanoTime() - start < delay) {
      Thread.sleep(1);
    }
    boolean seen = false;
    while (writing && process.isAlive() && !seen) {
      seen = !unfinished(checkpoints).isEmpty();
    }
    process.destroyForcibly(); // SIGKILL
    finish(process);
    return !unfinished(checkpoints).isEmpty();
  }

  private static String said(Path run) {
    try {
      return Files.readString(run.resolve("out.txt"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> unfinished(Path checkpoints) throws IOException {
    try (Stream<Path> files = Files.list(checkpoints)) {
      return files.filter(file -> file.toString().endsWith(".part")).toList();
    } catch (NoSuchFileException notYet) {
      return List.of();
    }
  }

  private static Process start(Path run, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-Dorg.bytedeco"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Ipt.class.getName()));
    command.addAll(
        List.of("pretrain", "--config", "nano", "--tasks", "x2,denoise30", "--batch", "4"));
    command.addAll(
        List.of("--steps", Integer.toString(STEPS), "--checkpoint-every", "2", "--average", "0.9"));
    command.addAll(
        List.of("--validation-images", "2", "--validate-every", "9", "--out", run.toString()));
    command.addAll(List.of(more));
    Files.createDirectories(run);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(run.resolve("out.txt").toFile())
        .start();
  }

  private static int finish(Process process) throws InterruptedException {
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("the process ends").isTrue();
    return process.exitValue();
  }
}
