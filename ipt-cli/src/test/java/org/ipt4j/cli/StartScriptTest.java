package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script {@code ipt} in a checkout of its own, with a Maven that makes empty jars and notes how
 * often it ran, and a Java that says how it was called.
 */
@DisabledOnOs(OS.WINDOWS)
class StartScriptTest {
  private static final String MAVEN =
      """
      #!/bin/sh
      echo run >> '%2$s/builds'
      printf '\\033[0m'
      [ ! -e '%2$s/maven-fails' ] || { printf '\\033[31mthe build failed\\033[0m\\n'; exit 1; }
      sleep 0.3
      [ ! -e '%2$s/saved' ] || { rm '%2$s/saved'; echo saved > ipt-core/src/main/A.java; }
      root=$(pwd -P)
      mkdir -p ipt-core/target ipt-cli/target '%1$s/repository'
      : > ipt-core/target/core.jar; : > ipt-cli/target/ipt-cli.jar
      : > '%1$s/repository/nd4j.jar'
      printf '%%s' "$root/ipt-core/target/core.jar:%1$s/repository/nd4j.jar" \
        > ipt-cli/target/classpath.txt
      """;
  private static final String JAVA =
      """
      #!/bin/sh
      [ "$1" != -version ] || { echo 'openjdk version "21.0.1" 2023-10-17' >&2; exit; }
      [ -z "${AWAITED-}" ] || {
        : > "$AWAITED.running"
        while [ ! -e "$AWAITED" ]; do sleep 0.05; done
      }
      echo "LC_ALL=${LC_ALL-none} THREADS=${OMP_NUM_THREADS-none}"
      printf '<%s>' "$@"
      """;

  @TempDir Path temporary;
  private Path checkout;
  private Path jdk;

  @BeforeEach
  void makeACheckout() throws IOException {
    temporary = temporary.toRealPath();
    checkout = temporary.resolve("check out");
    Files.createDirectories(checkout.resolve("ipt-core/src/main"));
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    Files.copy(Path.of("../ipt.sh"), checkout.resolve("ipt.sh"));
    Files.copy(Path.of("../ipt"), checkout.resolve("ipt"));
    executable(checkout.resolve("ipt"), Files.readString(checkout.resolve("ipt")));
    jdk = temporary.resolve("jdk");
    executable(jdk.resolve("bin/java"), JAVA);
    executable(temporary.resolve("bin/mvn"), MAVEN.formatted(temporary.resolve("m2"), temporary));
    long past = Instant.now().getEpochSecond() - 60; // before anything that is built
    Files.setLastModifiedTime(
        checkout.resolve("pom.xml"), FileTime.from(Instant.ofEpochSecond(past)));
  }

  private static void executable(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Outcome(int code, String output) {}

  private Process start(Path script, Map<String, String> environment, String... arguments)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(script.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().keySet().removeIf(name -> name.matches("LANG|LC_.*|OMP_.*|IPT_.*"));
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().merge("PATH", temporary.resolve("bin") + ":", (path, bin) -> bin + path);
    builder.environment().putAll(environment);
    Path elsewhere = Files.createDirectories(temporary.resolve("elsewhere"));
    return builder.directory(elsewhere.toFile()).redirectErrorStream(true).start();
  }

  private static Outcome outcome(Process process) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new Outcome(process.exitValue(), output);
  }

  private Outcome run(Map<String, String> environment, String... arguments) throws Exception {
    return outcome(start(checkout.resolve("ipt"), environment, arguments));
  }

  private int builds() throws IOException {
    Path log = temporary.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  /** Of the builds that are there, with the jars they are run from. */
  private List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(checkout.resolve("ipt-cli/target"))) {
      return all.filter(file -> file.getFileName().toString().startsWith("run-")).sorted().toList();
    }
  }

  private String classPath(Path repository) throws IOException {
    assertThat(folders()).hasSize(1);
    Path folder = folders().get(0);
    return Stream.of(
            folder.resolve("ipt-cli.jar"),
            folder.resolve("core.jar"),
            repository.resolve("nd4j.jar"))
        .map(jar -> jar.toString())
        .reduce((a, b) -> a + ":" + b)
        .orElseThrow();
  }

  @Test
  void buildsWhenTheSourcesAreNewerAndSaysNothingButThat() throws Exception {
    Outcome first = run(Map.of(), "info", "a b");
    assertThat(first.code()).as(first.output()).isZero();
    assertThat(first.output())
        .startsWith("ipt: building")
        .doesNotContain("\033")
        .endsWith("<org.ipt4j.cli.Ipt><info><a b>")
        .contains("<" + classPath(temporary.resolve("m2/repository")) + ">");
    assertThat(run(Map.of()).output()).startsWith("LC_ALL");
    assertThat(builds()).isEqualTo(1);
    Files.setLastModifiedTime(
        checkout.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(1)));
    run(Map.of());
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void buildsWhenASourceIsDeletedOrRenamed() throws Exception {
    Path source = Files.createFile(checkout.resolve("ipt-core/src/main/A.java"));
    run(Map.of());
    source = Files.move(source, source.resolveSibling("B.java"));
    run(Map.of());
    assertThat(builds()).isEqualTo(2);
    Files.delete(source);
    run(Map.of());
    run(Map.of());
    assertThat(builds()).isEqualTo(3);
  }

  @Test
  void buildsAgainWhatIsSavedWhileMavenRuns() throws Exception {
    Path source = Files.createFile(checkout.resolve("ipt-core/src/main/A.java"));
    Files.createFile(temporary.resolve("saved")); // by Maven, as it were
    run(Map.of());
    assertThat(source).hasContent("saved");
    run(Map.of());
    run(Map.of());
    assertThat(builds()).isEqualTo(2);
  }

  /** With flock and, as on macOS, without. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBuildLeavesTheJarsOfWhatRuns(boolean flock) throws Exception {
    setFlock(flock);
    Path awaited = temporary.resolve("awaited");
    Process running = start(checkout.resolve("ipt"), Map.of("AWAITED", awaited.toString()));
    while (!Files.exists(temporary.resolve("awaited.running"))) {
      Thread.sleep(20);
    }
    List<Path> first = folders();
    assertThat(first).hasSize(1);
    for (int i = 2; i <= 3; i++) {
      Files.createFile(checkout.resolve("ipt-core/src/main/" + i + ".java"));
      run(Map.of());
      assertThat(builds()).isEqualTo(i);
      assertThat(folders()).as("what runs, and the new one").hasSize(2).containsAll(first);
    }
    assertThat(first.get(0).resolve("core.jar")).exists();
    Files.createFile(awaited);
    assertThat(outcome(running).output()).contains(first.get(0).resolve("core.jar") + ":");
    Files.delete(checkout.resolve("ipt-core/src/main/2.java"));
    run(Map.of());
    assertThat(folders()).hasSize(1).doesNotContainAnyElementsOf(first);
  }

  @Test
  void aFailedBuildIsShownAndLeavesNothingBuilt() throws Exception {
    Path sign = Files.createFile(temporary.resolve("maven-fails"));
    Outcome failed = run(Map.of());
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.output()).endsWith("the build failed\n").doesNotContain("\033");
    Files.delete(sign);
    assertThat(run(Map.of()).code()).isZero();
  }

  @Test
  void isFoundThroughSymbolicLinks() throws Exception {
    Path bin = Files.createDirectories(temporary.resolve("home/bin"));
    Files.createSymbolicLink(bin.resolve("absolute"), checkout.resolve("ipt"));
    Files.createSymbolicLink(bin.resolve("relative"), Path.of("../../check out/ipt"));
    Files.createSymbolicLink(bin.resolve("chain"), Path.of("relative"));
    Files.createSymbolicLink(temporary.resolve("folder"), checkout);
    for (Path link :
        List.of(
            bin.resolve("absolute"),
            bin.resolve("relative"),
            bin.resolve("chain"),
            temporary.resolve("folder/ipt"))) {
      Outcome outcome = outcome(start(link, Map.of()));
      assertThat(outcome.code()).as(outcome.output()).isZero();
      assertThat(outcome.output()).contains(folders().get(0).resolve("core.jar") + ":");
    }
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aMovedCheckoutRunsAsItIs() throws Exception {
    run(Map.of());
    checkout = Files.move(checkout, temporary.resolve("moved"));
    assertThat(run(Map.of()).output())
        .contains("<" + classPath(temporary.resolve("m2/repository")) + ">");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void whatIsGoneIsBuiltAgain() throws Exception {
    run(Map.of());
    Files.delete(temporary.resolve("m2/repository/nd4j.jar"));
    assertThat(run(Map.of()).code()).isZero();
    Files.delete(folders().get(0).resolve("core.jar"));
    assertThat(run(Map.of()).code()).isZero();
    assertThat(builds()).isEqualTo(3);
  }

  @Test
  void withoutMavenOrJavaOneLineSaysSo() throws Exception {
    Path tools = temporary.resolve("tools");
    for (String tool : "dirname readlink sed find head mkdir flock".split(" ")) {
      String real = "#!/bin/sh\nPATH=/usr/bin:/bin\nexec " + tool + " \"$@\"\n";
      executable(tools.resolve(tool), real);
    }
    Outcome outcome = run(Map.of("PATH", tools.toString()));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.output()).contains("Maven (mvn) is needed").hasLineCount(1);
    outcome = run(Map.of("JAVA_HOME", "/nowhere"));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.output()).contains("found no /nowhere/bin/java").hasLineCount(1);
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"1.8.0_402\"\n");
    outcome = run(Map.of());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.output()).contains("expected Java 17 or newer").hasLineCount(1);
  }

  private void setFlock(boolean flock) throws Exception {
    if (!flock) {
      assumeTrue(new ProcessBuilder("sh", "-c", "command -v perl").start().waitFor() == 0);
      Path script = checkout.resolve("ipt.sh");
      String text = Files.readString(script);
      assertThat(text).contains("command -v flock");
      Files.writeString(script, text.replace("command -v flock", "false"));
    }
  }

  /** With flock and, as on macOS, without. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void twoThatAreStartedAtOnceBuildOnce(boolean flock) throws Exception {
    setFlock(flock);
    Process first = start(checkout.resolve("ipt"), Map.of());
    Process second = start(checkout.resolve("ipt"), Map.of());
    assertThat(outcome(first).code()).isZero();
    assertThat(outcome(second).code()).isZero();
    assertThat(builds()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"17.0.15,false", "21,false", "22.0.1,false", "23,true", "25.0.3,true"})
  void optionsAreThoseThatTheRunningJavaHas(String version, boolean unsafe) throws Exception {
    Files.writeString(jdk.resolve("release"), "A=\"1\"\nJAVA_VERSION=\"" + version + "\"\n");
    assertThat(run(Map.of()).output())
        .contains("<--enable-native-access=ALL-UNNAMED>")
        .matches(output -> unsafe == output.contains("<--sun-misc-unsafe-memory-access=allow>"));
    // a java that lies in another place than it is called in
    Path elsewhere = Files.createDirectories(temporary.resolve("jdk2/bin"));
    Files.createSymbolicLink(elsewhere.resolve("java"), jdk.resolve("bin/java"));
    assertThat(run(Map.of("JAVA_HOME", temporary.resolve("jdk2").toString())).output())
        .matches(output -> unsafe == output.contains("<--sun-misc-unsafe-memory-access=allow>"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/usr/bin:/bin"})
  void anInstallationNeedsNeitherJavaNorMaven(String path) throws Exception {
    executable(checkout.resolve("runtime/bin/java"), JAVA);
    Path link = Files.createSymbolicLink(temporary.resolve("link"), checkout.resolve("ipt"));
    Outcome outcome =
        outcome(start(link, Map.of("PATH", path, "JAVA_HOME", "/nowhere"), "restore", "a b"));
    assertThat(outcome.code()).as(outcome.output()).isZero();
    assertThat(outcome.output())
        .startsWith("LC_ALL")
        .contains("<" + checkout + "/lib/*>")
        .endsWith("<org.ipt4j.cli.Ipt><restore><a b>");
    assertThat(builds()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"4,4", "'2,1',2", "' 8 ',8", "02,2", "'3 , x',3", "'',none"})
  void nd4jGetsOneNumberOfThreads(String given, String handedOn) throws Exception {
    assertThat(run(Map.of("OMP_NUM_THREADS", given)).output())
        .contains("THREADS=" + handedOn + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "0", "-1", "2.5", "2;1", "99999", "1 2"})
  void whatIsNoNumberOfThreadsIsRefused(String given) throws Exception {
    run(Map.of());
    Outcome outcome = run(Map.of("OMP_NUM_THREADS", given));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.output())
        .isEqualTo("ipt: OMP_NUM_THREADS: expected 1 to 9999 threads, got " + given + "\n");
  }

  /**
   * Names of locales are those of glibc; the last may not be installed, which comes to the same.
   */
  @ParameterizedTest
  @ValueSource(strings = {"", "LC_ALL=C", "LC_ALL=POSIX", "LANG=C", "LC_CTYPE=xx_XX.UTF-8"})
  void withoutALocaleOneOfUtf8IsTaken(String setting) throws Exception {
    assertThat(run(environment(setting)).output()).containsPattern("(?i)LC_ALL=\\S+\\.utf-?8 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"LC_ALL=C.UTF-8", "LANG=C.UTF-8"})
  void aLocaleOfUtf8IsLeft(String setting) throws Exception {
    String all = setting.startsWith("LC_ALL") ? "LC_ALL=C.UTF-8 " : "LC_ALL=none ";
    assertThat(run(environment(setting)).output()).contains(all);
  }

  private static Map<String, String> environment(String setting) {
    String[] parts = setting.split("=");
    return setting.isEmpty() ? Map.of() : Map.of(parts[0], parts[1]);
  }
}
