package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Attention head by head, as floats take it where there is OpenBLAS. */
class PerHeadForwardTest {
  // one head, several at a time, several of which the last are fewer, one beyond the cache
  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,5,2,3", "3,17,9,4,5", "7,100,90,3,4", "2,256,400,3,48"})
  void isThePlainAttention(long n, long queries, long keys, int count, int width) {
    AttentionHeads heads = heads(n, queries, keys, count, width);
    INDArray allQ = Devices.inDouble(heads.q());
    INDArray allK = Devices.inDouble(heads.k());
    INDArray allV = Devices.inDouble(heads.v());
    Array y = Devices.FAST.filled(0, n, queries, (long) count * width);
    Array kept = Devices.FAST.filled(0, n, count, queries, keys);
    new PerHeadForward(heads, y).run(kept);

    INDArray expected = Nd4j.zeros(DataType.DOUBLE, n, queries, (long) count * width);
    for (int i = 0; i < heads.count(); i++) {
      INDArray q = matrix(allQ, i, count, width);
      INDArray k = matrix(allK, i, count, width);
      INDArray weights = Nd4j.nn().softmax(q.mmul(k.transpose()).mul(heads.factor()), 1);
      matrix(expected, i, count, width).assign(weights.mmul(matrix(allV, i, count, width)));
      assertClose(Devices.nd(kept).tensorAlongDimension(i, 2, 3), weights);
    }
    assertClose(Devices.nd(y), expected);

    Array forgotten = Devices.FAST.filled(0, y.shape());
    new PerHeadForward(heads, forgotten).run(null);
    Bits.assertSame(Devices.nd(forgotten), Devices.nd(y));
  }

  @Test
  void isTheSameOnManyThreadsAtOnce() throws InterruptedException {
    AttentionHeads heads = heads(3, 100, 200, 2, 25);
    Array expected = Devices.FAST.filled(0, 3, 100, 50);
    new PerHeadForward(heads, expected).run(null);
    int threads = Nd4j.factory().blas().getMaxThreads();
    List<Array> results = new ArrayList<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Array out = Devices.FAST.filled(0, 3, 100, 50);
      results.add(out);
      callers.add(
          new Thread(
              () -> {
                for (int j = 0; j < 50; j++) {
                  new PerHeadForward(heads, out).run(null);
                }
              }));
    }
    callers.forEach(Thread::start);
    for (Thread caller : callers) {
      caller.join();
    }
    results.forEach(out -> Bits.assertSame(Devices.nd(out), Devices.nd(expected)));
    assertThat(Nd4j.factory().blas().getMaxThreads()).isEqualTo(threads);
  }

  private static AttentionHeads heads(long n, long queries, long keys, int count, int width) {
    RandomGenerator random = Randomness.at(8, n);
    long d = (long) count * width;
    return new AttentionHeads(
        normal(random, n, queries, d),
        normal(random, n, keys, d),
        normal(random, n, keys, d),
        count,
        0.3);
  }

  private static Array normal(RandomGenerator random, long... shape) {
    double[] numbers = new double[(int) (shape[0] * shape[1] * shape[2])];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextGaussian();
    }
    return Devices.array(Devices.FAST, Nd4j.createFromArray(numbers).reshape(shape));
  }

  /** [N,S,D] → [S,D/A] of head i. */
  private static INDArray matrix(INDArray x, int i, int count, int width) {
    return x.tensorAlongDimension(i / count, 1, 2)
        .get(
            NDArrayIndex.all(),
            NDArrayIndex.interval(i % count * width, i % count * width + width));
  }

  // sums of up to 400 weighted numbers around 1
  private static void assertClose(INDArray actual, INDArray expected) {
    assertThat(actual.castTo(DataType.DOUBLE).sub(expected).normmaxNumber().doubleValue())
        .isLessThan(2e-6);
  }
}
