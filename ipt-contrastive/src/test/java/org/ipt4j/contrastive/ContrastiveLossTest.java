package org.ipt4j.contrastive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.OperationContract;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Tape;
import org.ipt4j.core.Variable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.factory.Nd4j;

class ContrastiveLossTest {
  @ParameterizedTest
  @EnumSource
  void lossAndGradientAreTheGoldenOnes(ContrastiveForm form) throws IOException {
    Map<String, double[]> golden = golden();
    ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
    Parameter features = builder.add("features", Initializer.constant(0), 3, 4, 5);
    ParameterVector values = ParameterVector.zeros(builder.build(), Devices.JUDGE);
    Devices.nd(values.flat()).assign(Nd4j.createFromArray(golden.get("features")));
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.JUDGE);
    String name = form.name().toLowerCase();

    try (Tape tape = Tape.training(values, gradients)) {
      Variable loss = ContrastiveLoss.of(tape, tape.parameter(features), form);
      assertThat(tape.device().number(loss.value()))
          .isCloseTo(golden.get(name + ".loss")[0], within(1e-10));
      tape.backward(loss);
    }

    assertThat(Devices.nd(gradients.flat()).toDoubleVector())
        .containsExactly(golden.get(name + ".grad"), within(1e-10));
  }

  @ParameterizedTest
  @CsvSource({"PAPER,2,1,1", "PAPER,3,2,5", "SUPCON,2,2,3", "SUPCON,3,5,2"})
  void gradientIsTheCentralDifference(ContrastiveForm form, long n, long s, long d) {
    OperationContract.check(
        (tape, v) -> ContrastiveLoss.of(tape, v[0], form), new long[] {n, s, d});
  }

  @Test
  void oneImageHasNothingToBeComparedWith() {
    assertThatThrownBy(
            () ->
                OperationContract.check(
                    (tape, v) -> ContrastiveLoss.of(tape, v[0], ContrastiveForm.PAPER),
                    new long[] {1, 4, 5}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 2, got 1");
  }

  private static Map<String, double[]> golden() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                ContrastiveLossTest.class.getResourceAsStream("/golden/contrastive.txt"),
                StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" "))
          .collect(
              Collectors.toMap(
                  words -> words[0],
                  words ->
                      Arrays.stream(words).skip(1).mapToDouble(Double::parseDouble).toArray()));
    }
  }
}
