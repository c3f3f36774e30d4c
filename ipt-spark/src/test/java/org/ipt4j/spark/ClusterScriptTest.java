package org.ipt4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
      echo "$@" >> builds
      mkdir -p ipt-spark/target/lib
      : > ipt-spark/target/lib/a.jar; : > ipt-spark/target/lib/b.jar
      """;
  private static final String JAVA =
      """
      #!/bin/sh
      echo "HOME=$SPARK_HOME"
      printf '<%s>' "$@"
      """;

  @TempDir Path temporary;
  private Path checkout;

  @BeforeEach
  void makeACheckout() throws IOException {
    checkout = temporary.toRealPath().resolve("a checkout");
    Files.createDirectories(checkout.resolve("bin"));
    Files.copy(Path.of("../ipt-cluster"), checkout.resolve("ipt-cluster"));
    executable("mvn", MAVEN);
    executable("java", JAVA);
  }

  private void executable(String name, String content) throws IOException {
    Path file = checkout.resolve("bin").resolve(name);
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String run(int code, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("sh", checkout + "/ipt-cluster"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", checkout + "/bin:" + System.getenv("PATH"));
    builder.environment().remove("JAVA_HOME");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(out).isEqualTo(code);
    return out;
  }

  @Test
  void whatStandsBeforeTheCommandIsSparks() throws Exception {
    String target = checkout + "/ipt-spark/target";
    String said = run(0, "--master", "local[1]", "restore", "--task", "x 2", "restore", "in");
    assertThat(said)
        .contains("HOME=" + target + "/spark\n")
        .contains("<org.apache.spark.deploy.SparkSubmit>")
        .endsWith(
            String.format(
                "<--jars><%s/lib/a.jar,%s/lib/b.jar><--master><local[1]><--class>"
                    + "<org.ipt4j.spark.Restore><%s/ipt-spark.jar><--task><x 2><restore><in>",
                target, target, target));
    assertThat(run(0, "pretrain"))
        .endsWith("<org.ipt4j.spark.Pretrain><" + target + "/ipt-spark.jar>");
    assertThat(Files.readAllLines(checkout.resolve("builds")))
        .as("it was built once")
        .containsExactly("-B -ntp -q -P run,spark package -pl ipt-spark -am");
  }

  @Test
  void withoutACommandItSaysWhatItExpects() throws Exception {
    assertThat(run(2, "--master", "local[1]"))
        .isEqualTo(
            "ipt-cluster: expected [OPTIONS OF spark-submit] restore|evaluate|pretrain [OPTIONS]\n");
  }

  @Test
  void aBuildThatFailsIsShown() throws Exception {
    executable("mvn", "#!/bin/sh\necho no luck; exit 1\n");
    assertThat(run(1, "evaluate")).endsWith("no luck\n");
  }
}
