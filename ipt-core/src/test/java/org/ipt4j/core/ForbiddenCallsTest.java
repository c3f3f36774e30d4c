package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the build says to write instead of a call that it refuses is there to be written. */
class ForbiddenCallsTest {
  private static final Pattern METHOD = Pattern.compile("\\b([A-Z]\\w+)\\.(\\w+)\\b");

  @ParameterizedTest
  @ValueSource(strings = {"forbidden.txt", "forbidden-in-tests.txt"})
  void whatIsToBeWrittenInsteadIsThere(String file) throws Exception {
    List<MatchResult> named = named(Path.of("../config", file));
    assertThat(named).isNotEmpty();
    for (MatchResult method : named) {
      Class<?> owner = Class.forName("org.ipt4j.core." + method.group(1));
      assertThat(Arrays.stream(owner.getDeclaredMethods()).map(Method::getName))
          .as(file)
          .contains(method.group(2));
    }
  }

  private static List<MatchResult> named(Path signatures) throws IOException {
    return Files.readAllLines(signatures).stream()
        .filter(line -> line.startsWith("@defaultMessage"))
        .flatMap(line -> METHOD.matcher(line).results())
        .toList();
  }
}
