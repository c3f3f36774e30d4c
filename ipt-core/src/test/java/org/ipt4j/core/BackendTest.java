package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;

/** Where ND4J cannot compute, the library says what is missing. */
class BackendTest {
  private static final String NATIVES = Loader.getPlatform();

  @Test
  void missingNativeCodeIsNamed() throws Exception {
    String all = "ND4J has no native code for " + NATIVES;
    String wanted = "classifier " + NATIVES;
    assertThat(messages(jar -> !jar.contains(NATIVES), "1"))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains(all, wanted, "\"Choosing the backend\""));
    assertThat(messages(jar -> !jar.contains("openblas"), "1"))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains(wanted, "openblas"));
    assertThat(messages(jar -> !jar.contains("nd4j-native"), "1"))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains(all, "ipt-cpu"));
  }

  @Test
  void threadsThatAreNoNumberAreNamed() throws Exception {
    for (String threads : new String[] {"2,1", "abc"}) {
      assertThat(messages(jar -> true, threads))
          .hasSize(2)
          .allSatisfy(line -> assertThat(line).contains("OMP_NUM_THREADS", "got " + threads));
    }
    assertThat(messages(jar -> true, "")).isEmpty();
  }

  /** What two tries to get a device say, in a virtual machine with a part of the class path. */
  private static String[] messages(Predicate<String> wanted, String threads)
      throws IOException, InterruptedException {
    String path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(wanted)
            .collect(Collectors.joining(File.pathSeparator));
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            "-cp",
            path,
            TwoTries.class.getName());
    builder.environment().put("OMP_NUM_THREADS", threads);
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.lines().toArray(String[]::new);
  }

  static final class TwoTries {
    private TwoTries() {}

    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try {
          Device.of(Precision.FLOAT);
        } catch (IllegalStateException e) {
          System.out.println(e.getMessage().replaceAll("\\R", " "));
        }
      }
    }
  }
}
