package org.ipt4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentsTest {
  @TempDir private Path folder;

  @Test
  void refusesInOneLine() {
    assertThat(refusal("--steps", "12", "--seeds", "1"))
        .isEqualTo(
            "expected --seeds to be two or more different whole numbers above 0, such as 1,2,"
                + " got 1");
    assertThat(refusal("--steps", "12", "--seeds", "2,2")).endsWith("got 2,2");
    assertThat(refusal("--steps", "12", "--seeds", "0,1")).endsWith("got 0,1");
    assertThat(refusal("--steps", "11"))
        .isEqualTo("expected --steps of at least 12 and --parallel of at least 1, got 11 and 1");
    assertThat(refusal("--steps", "12", "--only", "f")).contains("--only", "[A, B, C, D, E]", "f");
    assertThat(refusal("--steps", "12", "--only", "a,e")).contains("--set5", "--rain12");
    assertThat(refusal("--steps", "12", "--only", "e")).contains("no image");
    assertThat(folder).isEmptyDirectory();
  }

  private String refusal(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    for (String option : List.of("--images", "--cbsd68", "--out")) {
      all.addAll(List.of(option, folder.toString()));
    }
    PrintStream before = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      assertThat(Experiments.run(all.toArray(String[]::new))).isEqualTo(2);
    } finally {
      System.setErr(before);
    }
    String text = err.toString(StandardCharsets.UTF_8);
    assertThat(text.lines()).hasSize(1);
    return text.strip();
  }
}
