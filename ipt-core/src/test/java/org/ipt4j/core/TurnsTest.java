package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

@Timeout(60)
class TurnsTest {
  private static final int PASSES = 12;
  private static final int D = 6;

  private final ParameterLayout.Builder builder = new ParameterLayout.Builder().range("all");
  private final Parameter first = builder.add("first", Initializer.standardNormal(), D, D);
  private final Parameter twice = builder.add("twice", Initializer.standardNormal(), D, D);
  private final Parameter unused = builder.add("unused", Initializer.standardNormal(), D, D);
  private final Parameter halves =
      builder.addByColumns("halves", Initializer.standardNormal(), D, 2 * D);
  private final Parameter once = builder.add("once", Initializer.standardNormal(), D, 2 * D);
  private final Parameter embedding = builder.add("embedding", Initializer.standardNormal(), 3, D);
  private final ParameterVector values =
      ParameterVector.initialized(builder.build(), Devices.FAST, 5);

  /**
   * Layers that share a parameter and the columns of another, a third used once, one that nothing
   * flows back to, one that is split once.
   */
  private Variable network(Tape tape, Variable input) {
    Variable e = tape.parameter(embedding);
    Layer layer =
        (t, x) -> {
          Variable[] both = t.split(t.parameter(halves), 0, D, 2 * D);
          Variable z = Ops.linear(t, Ops.linear(t, x, both[0], null), both[1], null);
          return Ops.addEmbedding(t, Ops.linear(t, z, t.parameter(twice), null), e);
        };
    Variable half = tape.split(tape.parameter(once), 0, D, 2 * D)[1];
    Variable y = Ops.linear(tape, input, tape.parameter(first), null);
    Variable x = Ops.linear(tape, y, half, null);
    Ops.linear(tape, x, tape.parameter(unused), null);
    return tape.sequence(List.of(layer, layer), x);
  }

  private void pass(Tape tape, int i) {
    INDArray input = OperationContract.weights(new long[] {1, 3, D}).mul(i + 0.1);
    Variable y = network(tape, tape.constant(Devices.array(tape.device(), input)));
    tape.backward(OperationContract.weightedSum(tape, y, OperationContract.weights(y.shape())));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sideBySideIsOneAfterTheOther(boolean recomputing) {
    ParameterVector expected = ParameterVector.zeros(values.layout(), Devices.JUDGE);
    for (int i = 0; i < PASSES; i++) {
      ParameterVector one = ParameterVector.zeros(values.layout(), Devices.FAST);
      try (Tape tape = Tape.training(values, one)) {
        pass(tape, i);
      }
      Devices.nd(expected.flat()).addi(Devices.inDouble(one.flat()));
    }
    INDArray once = sideBySide(recomputing);
    double scale = Devices.nd(expected.flat()).normmaxNumber().doubleValue();
    assertThat(
            once.castTo(DataType.DOUBLE)
                .sub(Devices.nd(expected.flat()))
                .normmaxNumber()
                .doubleValue())
        .isLessThan(1e-6 * scale); // float's 6e-8, in sums of twelve
    for (int i = 0; i < 20; i++) {
      Bits.assertSame(sideBySide(recomputing), once);
    }
  }

  private INDArray sideBySide(boolean recomputing) {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    Turns turns = new Turns();
    Workers.run(
        PASSES,
        i -> {
          try (Tape tape = Tape.training(values, gradients, turns, i)) {
            if (recomputing) {
              tape.recomputing();
            }
            pass(tape, i);
          }
        });
    return Devices.nd(gradients.flat());
  }

  @Test
  void anEarlierPassIsWaitedForUntilItHandsOn() throws InterruptedException {
    Turns turns = new Turns();
    Thread second = new Thread(() -> turns.of(1).await(first));
    second.start();
    second.join(200);
    assertThat(second.isAlive()).isTrue();
    turns.of(0).handOn(twice);
    second.join(200);
    assertThat(second.isAlive()).isTrue();
    turns.of(0).handOn(first);
    second.join();
  }

  @Test
  void whoEndsOrFailsKeepsNobodyWaiting() throws InterruptedException {
    Turns turns = new Turns();
    CountDownLatch done = new CountDownLatch(1);
    Thread third =
        new Thread(
            () -> {
              turns.of(2).await(first);
              done.countDown();
            });
    third.start();
    turns.of(0).end();
    assertThat(done.await(200, TimeUnit.MILLISECONDS)).isFalse();
    turns.abandon();
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aFailureInOnePassIsThrown() {
    ParameterVector gradients = ParameterVector.zeros(values.layout(), Devices.FAST);
    Turns turns = new Turns();
    assertThatThrownBy(
            () ->
                Workers.run(
                    PASSES,
                    i -> {
                      try (Tape tape = Tape.training(values, gradients, turns, i)) {
                        if (i == 3) {
                          throw new IllegalStateException("the fourth");
                        }
                        pass(tape, i);
                      } catch (IllegalStateException failure) {
                        turns.abandon();
                        throw failure;
                      }
                    }))
        .hasMessage("the fourth");
  }
}
