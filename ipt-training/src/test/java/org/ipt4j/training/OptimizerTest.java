package org.ipt4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.ipt4j.core.Device;
import org.ipt4j.core.Devices;
import org.ipt4j.core.Initializer;
import org.ipt4j.core.Parameter;
import org.ipt4j.core.ParameterLayout;
import org.ipt4j.core.ParameterVector;
import org.ipt4j.core.Precision;
import org.ipt4j.core.Randomness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;

class OptimizerTest {
  private static final int LENGTH = 10_008;
  private static final int FIRST = 10_001;
  private static final int STEPS = 5;
  private static final double RATE = 1e-2;

  /** The published algorithm in double; the second range rests in odd steps. */
  @Test
  void adamMovesAsPublishedOnEachDevice() {
    double[] w = new double[LENGTH];
    double[] m = new double[LENGTH];
    double[] v = new double[LENGTH];
    for (int step = 0; step < STEPS; step++) {
      double[] g = gradient(step);
      for (int i = 0; i < (step % 2 == 0 ? LENGTH : FIRST); i++) {
        int t = i < FIRST ? step + 1 : step / 2 + 1;
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        double mean = m[i] / (1 - Math.pow(0.9, t));
        w[i] -= RATE * mean / (Math.sqrt(v[i] / (1 - Math.pow(0.999, t))) + 1e-8);
      }
    }
    Device[] devices = {Devices.FAST, Device.plain(Precision.FLOAT), Devices.JUDGE};
    for (Device device : devices) {
      Trained trained = new Trained(device, new Adam(RATE, 0.9, 0.999, 1e-8));
      for (int step = 0; step < STEPS; step++) {
        trained.step(step);
      }
      assertClose(trained.values, w);
      assertThat(trained.optimizer.moments().vectors()).containsOnlyKeys("M", "V");
      assertClose(trained.optimizer.moments().vectors().get("M"), m);
      assertClose(trained.optimizer.moments().vectors().get("V"), v);
    }
  }

  @Test
  void anyOtherUpdaterMovesAsNd4jMovesIt() {
    Nesterovs nesterovs = new Nesterovs(RATE, 0.9);
    Trained trained = new Trained(Devices.FAST, nesterovs);
    INDArray state = Nd4j.createFromArray(new float[FIRST]).reshape(1, FIRST);
    INDArray expected = Nd4j.createFromArray(new float[FIRST]).reshape(1, FIRST);
    var updater = nesterovs.instantiate(state, false);
    for (int step = 0; step < STEPS; step++) {
      trained.step(step);
      float[] g = new float[FIRST];
      for (int i = 0; i < FIRST; i++) {
        g[i] = (float) gradient(step)[i];
      }
      INDArray update = Nd4j.createFromArray(g).reshape(1, FIRST);
      updater.applyUpdater(update, step, 0);
      expected.subi(update);
    }
    Parameter first = trained.values.layout().parameters().get(0);
    assertThat(trained.values.read(first)).isEqualTo(expected.toFloatVector());
    ParameterVector moments = trained.optimizer.moments().vectors().get("V");
    assertThat(moments.read(first)).isEqualTo(state.toFloatVector());
  }

  private static Stream<IUpdater> updaters() {
    return Stream.of(
        new AMSGrad(RATE),
        new AdaBelief(RATE),
        new AdaDelta(),
        new AdaGrad(RATE),
        new AdaMax(RATE),
        new Adam(RATE),
        new Nadam(RATE),
        new Nesterovs(RATE),
        new NoOp(),
        new RmsProp(RATE),
        new Sgd(RATE));
  }

  /** Of all that ND4J has, each moves the values downhill, or is refused at once. */
  @ParameterizedTest
  @MethodSource("updaters")
  void updatersServeOrAreRefused(IUpdater updater) {
    String name = updater.getClass().getSimpleName();
    if (List.of("AdaBelief", "AdaDelta", "NoOp").contains(name)) {
      assertThatThrownBy(() -> new Trained(Devices.FAST, updater))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "expected an updater of ND4J's that works here: AMSGrad, AdaGrad, AdaMax, Adam,"
                  + " Nadam, Nesterovs, RmsProp or Sgd, got "
                  + name);
      return;
    }
    Trained trained = new Trained(Devices.FAST, updater);
    for (int step = 0; step < STEPS; step++) {
      trained.step(step);
    }
    assertThat(DoubleStream.of(Devices.nd(trained.values.flat()).toDoubleVector()))
        .allMatch(value -> value < 0 && Double.isFinite(value));
  }

  /** ((β₁ · 0.1 g + 0.1 g) / (1 − β₁)) / √(0.001 g²), where Adam takes g / √g². */
  @Test
  void nadamDoesNotCorrectItsMeanOfSquares() {
    Trained trained = new Trained(Devices.FAST, new Nadam(RATE));
    trained.step(0);
    assertThat(DoubleStream.of(Devices.nd(trained.values.flat()).toDoubleVector()))
        .allSatisfy(moved -> assertThat(moved / -RATE).isCloseTo(60.08, within(0.01)));
  }

  /** No sum cancels. */
  private static double[] gradient(int step) {
    return Randomness.at(9, step).doubles(LENGTH, 0.1, 1.1).toArray();
  }

  private static void assertClose(ParameterVector actual, double[] expected) {
    double[] numbers = Devices.nd(actual.flat()).toDoubleVector();
    for (int i = 0; i < LENGTH; i++) {
      assertThat(numbers[i] / expected[i]).isCloseTo(1, within(2e-6));
    }
  }

  private static final class Trained {
    private final ParameterVector values;
    private final ParameterVector gradients;
    private final Optimizer optimizer;

    Trained(Device device, IUpdater updater) {
      ParameterLayout.Builder builder = new ParameterLayout.Builder().range("first");
      builder.add("a", Initializer.constant(0), FIRST);
      builder.range("second").add("b", Initializer.constant(0), LENGTH - FIRST);
      ParameterLayout layout = builder.build();
      values = ParameterVector.zeros(layout, device);
      gradients = ParameterVector.zeros(layout, device);
      optimizer = new Optimizer(updater, 0, values, gradients);
    }

    void step(int step) {
      Devices.nd(gradients.flat()).assign(Nd4j.createFromArray(gradient(step)));
      optimizer.update(values.layout().ranges().subList(0, step % 2 == 0 ? 2 : 1), step);
    }
  }
}
