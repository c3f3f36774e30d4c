package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code ipt-cluster} in a checkout of its own, with a Maven that makes empty jars, and
 * a Java that says how it was called.
 */
@DisabledOnOs(OS.WINDOWS)
class ClusterScriptTest {
  private static final String MAVEN =
      """
      #!/bin/sh
      for argument in "$@"; do
        case $argument in -Dipt.run=*) run=ipt-spark/${argument#-Dipt.run=} ;; esac
      done
      echo "$@" >> builds
      sleep 0.3
      mkdir -p "$run/lib" "$run/spark/jars"
      : > ipt-spark/target/ipt-spark.jar
      : > "$run/lib/a.jar"; : > "$run/lib/b.jar"
      """;
  private static final String JAVA =
      """
      #!/bin/sh
      [ "$1" != -version ] || { echo "openjdk version \\"${FAKED-21}.0.1\\"" >&2; exit; }
      [ -z "${AWAITED-}" ] || {
        : > "$AWAITED.running"
        while [ ! -e "$AWAITED" ]; do sleep 0.05; done
      }
      echo "LC_ALL=${LC_ALL-none} THREADS=${OMP_NUM_THREADS-none} HOME=$SPARK_HOME"
      printf '<%s>' "$@"
      """;

  @TempDir Path temporary;
  private Path checkout;

  @BeforeEach
  void makeACheckout() throws IOException {
    checkout = temporary.toRealPath().resolve("a checkout");
    Files.createDirectories(checkout.resolve("bin"));
    Files.copy(Path.of("../ipt.sh"), checkout.resolve("ipt.sh"));
    Files.copy(Path.of("../ipt-cluster"), checkout.resolve("ipt-cluster"));
    executable("mvn", MAVEN);
    executable("java", JAVA);
  }

  private void executable(String name, String content) throws IOException {
    Path file = checkout.resolve("bin").resolve(name);
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process start(Path script, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", script.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.matches("LANG|LC_.*|OMP_.*|JAVA_HOME"));
    builder.environment().put("PATH", checkout + "/bin:" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String outcome(int code, Process process)
      throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(out).isEqualTo(code);
    return out;
  }

  private String run(int code, String... arguments) throws IOException, InterruptedException {
    return outcome(code, start(checkout.resolve("ipt-cluster"), Map.of(), arguments));
  }

  /** Of the builds that are there. */
  private List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(checkout.resolve("ipt-spark/target"))) {
      return all.filter(file -> file.getFileName().toString().startsWith("run-")).sorted().toList();
    }
  }

  @Test
  void whatStandsBeforeTheCommandIsSparks() throws Exception {
    String said = run(0, "--master", "local[1]", "restore", "--task", "x 2", "restore", "in");
    Path folder = folders().get(0);
    assertThat(said)
        .contains("HOME=" + folder + "/spark\n")
        .contains("<org.apache.spark.deploy.SparkSubmit>")
        .endsWith(
            String.format(
                "<--jars><%s/lib/a.jar,%s/lib/b.jar><--master><local[1]><--class>"
                    + "<org.ipt4j.spark.Restore><%s/ipt-spark.jar><--task><x 2><restore><in>",
                folder, folder, folder));
    assertThat(run(0, "pretrain"))
        .endsWith("<org.ipt4j.spark.Pretrain><" + folder + "/ipt-spark.jar>");
    assertThat(Files.readAllLines(checkout.resolve("builds")))
        .as("it was built once")
        .containsExactly(
            String.format(
                "-B -ntp -q -P run,spark -Dipt.run=target/%s -pl ipt-spark -am package",
                folder.getFileName()));
  }

  @Test
  void isFoundThroughASymbolicLink() throws Exception {
    Path link =
        Files.createSymbolicLink(temporary.resolve("link"), checkout.resolve("ipt-cluster"));
    assertThat(outcome(0, start(link, Map.of(), "restore"))).contains("HOME=" + checkout + "/");
  }

  @Test
  void namesAreOfUtf8AndThreadsANumber() throws Exception {
    Map<String, String> environment = Map.of("LC_ALL", "C", "OMP_NUM_THREADS", "4,2");
    assertThat(outcome(0, start(checkout.resolve("ipt-cluster"), environment, "restore")))
        .containsPattern("(?i)LC_ALL=\\S+\\.utf-?8 ")
        .contains("THREADS=4 ");
  }

  @Test
  void anOldJavaIsRefused() throws Exception {
    Process process = start(checkout.resolve("ipt-cluster"), Map.of("FAKED", "11"), "restore");
    assertThat(outcome(2, process))
        .startsWith("ipt-cluster: expected Java 17 or newer, got ")
        .endsWith(" of version 11\n");
  }

  @Test
  void twoThatAreStartedAtOnceBuildOnce() throws Exception {
    Process first = start(checkout.resolve("ipt-cluster"), Map.of(), "restore");
    Process second = start(checkout.resolve("ipt-cluster"), Map.of(), "restore");
    outcome(0, first);
    outcome(0, second);
    assertThat(checkout.resolve("builds")).content().hasLineCount(1);
  }

  @Test
  void aBuildLeavesTheJarsOfARunningJob() throws Exception {
    Path awaited = temporary.resolve("awaited");
    Process running =
        start(checkout.resolve("ipt-cluster"), Map.of("AWAITED", awaited.toString()), "restore");
    while (!Files.exists(temporary.resolve("awaited.running"))) {
      Thread.sleep(20);
    }
    Path first = folders().get(0);
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    run(0, "restore");
    assertThat(folders()).hasSize(2);
    assertThat(first.resolve("lib/a.jar")).exists();
    Files.createFile(awaited);
    assertThat(outcome(0, running)).contains("HOME=" + first + "/spark\n");
    Files.writeString(checkout.resolve("pom.xml"), "<project />");
    run(0, "restore");
    assertThat(folders()).hasSize(1).doesNotContain(first);
  }

  @Test
  void withoutACommandItSaysWhatItExpects() throws Exception {
    assertThat(run(2, "--master", "local[1]"))
        .isEqualTo(
            "ipt-cluster: expected [OPTIONS OF spark-submit] restore|evaluate|pretrain [OPTIONS],"
                + " got --master local[1]\n");
  }

  @Test
  void helpIsOfTheScriptOrOfACommand() throws Exception {
    assertThat(run(0, "--help"))
        .startsWith("Usage: ipt-cluster [OPTIONS OF spark-submit] restore|evaluate|pretrain")
        .isEqualTo(run(0, "help"));
    assertThat(run(0, "help", "pretrain"))
        .contains("<--class><org.ipt4j.spark.Pretrain>")
        .endsWith("/ipt-spark.jar><--help>");
    assertThat(run(0, "--version"))
        .contains("<--class><org.ipt4j.spark.Restore>")
        .endsWith("/ipt-spark.jar><--version>");
    assertThat(run(2, "help", "demo"))
        .startsWith("ipt-cluster: expected [OPTIONS OF spark-submit]");
  }

  @Test
  void aBuildThatFailsIsShown() throws Exception {
    executable("mvn", "#!/bin/sh\necho no luck; exit 1\n");
    assertThat(run(1, "evaluate")).endsWith("no luck\n");
  }
}
