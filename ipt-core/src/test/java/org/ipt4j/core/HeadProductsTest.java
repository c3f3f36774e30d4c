package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
class HeadProductsTest {
  @Test
  void isTakenByFloatsOnly() {
    assumeTrue(Blas.isPossible());
    assertThat(heads(DataType.FLOAT, 1, 2, 2, 1, 1).areApart()).isTrue();
    assertThat(heads(DataType.DOUBLE, 1, 2, 2, 1, 1).areApart()).isFalse();
  }

  // one head, several at a time, several of which the last are fewer, one beyond the cache
  @ParameterizedTest
  @CsvSource({"1,1,1,1,1", "2,3,5,2,3", "3,17,9,4,5", "7,100,90,3,4", "2,256,400,3,48"})
  void isThePlainAttention(long n, long queries, long keys, int count, int width) {
    Heads heads = heads(DataType.FLOAT, n, queries, keys, count, width);
    Heads doubles =
        new Heads(
            heads.q().castTo(DataType.DOUBLE),
            heads.k().castTo(DataType.DOUBLE),
            heads.v().castTo(DataType.DOUBLE),
            count,
            heads.factor());
    INDArray y = Nd4j.zeros(DataType.FLOAT, n, queries, (long) count * width);
    INDArray kept = Nd4j.zeros(DataType.FLOAT, n, count, queries, keys);
    new HeadProducts(heads, y).run(kept);

    INDArray expected = Nd4j.zeros(DataType.DOUBLE, n, queries, (long) count * width);
    for (int i = 0; i < heads.count(); i++) {
      INDArray q = matrix(doubles.q(), i, count, width);
      INDArray k = matrix(doubles.k(), i, count, width);
      INDArray weights = Nd4j.nn().softmax(q.mmul(k.transpose()).mul(heads.factor()), 1);
      matrix(expected, i, count, width).assign(weights.mmul(matrix(doubles.v(), i, count, width)));
      assertClose(kept.tensorAlongDimension(i, 2, 3), weights);
    }
    assertClose(y, expected);

    INDArray forgotten = Nd4j.zeros(DataType.FLOAT, y.shape());
    new HeadProducts(heads, forgotten).run(null);
    Bits.assertSame(forgotten, y);
  }

  @Test
  void isTheSameOnManyThreadsAtOnce() throws InterruptedException {
    Heads heads = heads(DataType.FLOAT, 3, 100, 200, 2, 25);
    INDArray expected = Nd4j.zeros(DataType.FLOAT, 3, 100, 50);
    new HeadProducts(heads, expected).run(null);
    int threads = Nd4j.factory().blas().getMaxThreads();
    List<INDArray> results = new ArrayList<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      INDArray out = Nd4j.zeros(DataType.FLOAT, 3, 100, 50);
      results.add(out);
      callers.add(
          new Thread(
              () -> {
                for (int j = 0; j < 50; j++) {
                  new HeadProducts(heads, out).run(null);
                }
              }));
    }
    callers.forEach(Thread::start);
    for (Thread caller : callers) {
      caller.join();
    }
    results.forEach(out -> Bits.assertSame(out, expected));
    assertThat(Nd4j.factory().blas().getMaxThreads()).isEqualTo(threads);
  }

  private static Heads heads(DataType type, long n, long queries, long keys, int count, int width) {
    RandomGenerator random = Randomness.at(8, n);
    long d = (long) count * width;
    return new Heads(
        normal(random, type, n, queries, d),
        normal(random, type, n, keys, d),
        normal(random, type, n, keys, d),
        count,
        0.3);
  }

  private static INDArray normal(RandomGenerator random, DataType type, long... shape) {
    double[] numbers = new double[(int) (shape[0] * shape[1] * shape[2])];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(numbers).reshape(shape).castTo(type);
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
