package org.ipt4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.ipt4j.benchmarks.Results.Row;
import org.ipt4j.benchmarks.Tables.Column;
import org.ipt4j.data.measure.Metrics;
import org.ipt4j.data.measure.Quality;
import org.ipt4j.data.measure.TestSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TablesTest {
  private static final Trial TRIAL =
      new Trial("derain", Metrics.Channels.Y, new TestSet("rain", null, ""));

  @TempDir private Path folder;

  @Test
  void showsMeanDeviationAndDifferenceSeedBySeed() throws IOException {
    Results results = results("--steps 5");
    results.add(List.of(new Row("input", 0, 0, 0, "rain", quality(20, 0.5))));
    add(results, "a", 30, 32, 34);
    add(results, "b", 29, 31, 33);
    String table =
        tables(results)
            .table(
                List.of(TRIAL),
                List.of(
                    Column.of("input", trial -> "input"),
                    Column.of("a", trial -> "a"),
                    Column.difference("a − b", trial -> "a", trial -> "b")));
    assertThat(table)
        .isEqualTo(
            """
            | test set | input | a | a − b |
            |---|---|---|---|
            | rain (Y) | 20.00<br>0.5000 | 32.00 ± 2.00<br>0.9000 ± 0.0000 | +1.00 ± 0.00 |
            """);
  }

  @Test
  void showsEachSeedsDifferenceAndWhatHasNoSeedByItself() throws IOException {
    Results results = results("--steps 5");
    results.add(
        List.of(new Row("untouched", Results.NO_SEED, 0, 0, "rain", quality(20.25, 0.625))));
    add(results, "a", 30, 32, 34);
    add(results, "b", 29, 32.5, 33.75);
    String table =
        tables(results)
            .table(
                List.of(TRIAL),
                List.of(
                    Column.of("untouched", trial -> "untouched"),
                    Column.differences("each", trial -> "a", trial -> "b")));
    assertThat(table).endsWith("| rain (Y) | 20.25<br>0.6250 | +1.00, -0.50, +0.25 |\n");
  }

  @Test
  void leavesOutWhatLacksASeed() throws IOException {
    Results results = results("--steps 5");
    add(results, "a", 30, 32, 34);
    add(results, "b", 29, 31);
    String table =
        tables(results)
            .table(
                List.of(TRIAL),
                List.of(
                    Column.of("b", trial -> "b"),
                    Column.difference("a − b", trial -> "a", trial -> "b")));
    assertThat(table).endsWith("| rain (Y) | – | – |\n");
  }

  @Test
  void resultsGoOnWhereTheyEndedWithTheSameSettingsOnly() throws IOException {
    add(results("--steps 5"), "a", 30);
    Results again = results("--steps 5");
    assertThat(again.has("a", 1)).isTrue();
    assertThat(again.has("a", 2)).isFalse();
    assertThat(again.row("a", 1, "rain"))
        .contains(new Row("a", 1, 5, 10, "rain", quality(30, 0.9)));
    assertThatThrownBy(() -> results("--steps 6"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected --steps 6, got --steps 5");
  }

  @Test
  void namesMayHaveCommas() throws IOException {
    Row row = new Row("new deblur:motion,length=3..9", 1, 5, 10, "a,b", quality(30, 0.9));
    results("--steps 5").add(List.of(row));
    assertThat(results("--steps 5").row(row.arm(), 1, "a,b")).contains(row);
  }

  @Test
  void processorTimeCountsAnArmOnceHoweverManyTestSetsItHas() throws IOException {
    Results results = results("--steps 5");
    results.add(
        List.of(
            new Row("a", 1, 5, 10, "rain", quality(30, 0.9)),
            new Row("a", 1, 5, 10, "noise", quality(30, 0.9))));
    results.add(List.of(new Row("a", 2, 5, 10, "rain", quality(30, 0.9))));
    results.add(List.of(new Row("b", 1, 5, 7, "rain", quality(30, 0.9))));
    assertThat(results.seconds("a"::equals)).isEqualTo(20);
  }

  private Results results(String settings) throws IOException {
    return Results.open(folder.resolve("results.csv"), settings);
  }

  private static Tables tables(Results results) {
    return new Tables(results, List.of(1L, 2L, 3L));
  }

  private static void add(Results results, String arm, double... psnr) throws IOException {
    for (int i = 0; i < psnr.length; i++) {
      results.add(List.of(new Row(arm, i + 1, 5, 10, "rain", quality(psnr[i], 0.9))));
    }
  }

  /** On luma; the figures on RGB are others. */
  private static Quality quality(double psnr, double ssim) {
    return new Quality(psnr, ssim, 1, 0.1);
  }
}
