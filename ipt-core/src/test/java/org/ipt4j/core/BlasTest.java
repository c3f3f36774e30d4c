package org.ipt4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One product, which is made in parts where its outputs are many and its inner side is long. */
class BlasTest {
  @ParameterizedTest
  @CsvSource({"1,1,5", "3,4,5", "100,120,200", "128,128,61", "128,128,63", "256,256,48"})
  void isTheProductEitherWayRound(int rows, int columns, int inner) {
    assumeTrue(Blas.isPossible());
    RandomGenerator random = Randomness.at(11, rows, columns, inner);
    INDArray a = uniform(random, rows, inner);
    INDArray b = uniform(random, inner, columns);
    INDArray before = uniform(random, rows, columns);
    INDArray expected = a.mmul(b).muli(2).addi(before.mul(0.5));
    for (boolean transposeA : new boolean[] {false, true}) {
      for (boolean transposeB : new boolean[] {false, true}) {
        INDArray out = before.dup('c');
        Blas.multiply(
            rows,
            columns,
            inner,
            transposeA ? matrix(a.transpose()).transposed() : matrix(a),
            transposeB ? matrix(b.transpose()).transposed() : matrix(b),
            2,
            0.5,
            matrix(out));
        assertThat(out.sub(expected).normmaxNumber().doubleValue()).isLessThan(1e-4);
      }
    }
  }

  @Test
  void aLimitSetMeanwhileHoldsAfterwards() {
    assumeTrue(Blas.isPossible());
    int before = Workers.all();
    assumeTrue(before > 1, "one processor");
    List<Integer> threads = new ArrayList<>();
    try {
      Workers.limit(before);
      Blas.singleThreaded(
          () -> {
            Workers.limit(1);
            Workers.limit(before);
            threads.add(openBlasThreads());
            Workers.limit(1);
          });
      threads.add(openBlasThreads());
      Blas.singleThreaded(() -> {});
      threads.add(openBlasThreads());
    } finally {
      Workers.limit(before);
    }
    threads.add(openBlasThreads());
    assertThat(threads)
        .as("inside, after, after the next, and at last")
        .containsExactly(1, 1, 1, before);
  }

  /** ND4J says what it was told last. */
  private static int openBlasThreads() {
    Pointer getter = new Pointer(Loader.addressof("openblas_get_num_threads").address());
    return Function.getFunction(getter).invokeInt(new Object[0]);
  }

  @Test
  void withoutTheBindingOfOpenBlasNd4jsOwnProductsServe() throws ReflectiveOperationException {
    ClassLoader loader = new WithoutOpenBlas();
    Class<?> blas = loader.loadClass(Blas.class.getName());
    assertThat(blas.getClassLoader()).isSameAs(loader);
    assertThat(invoked(blas.getDeclaredMethod("isPossible"))).isEqualTo(false);
    Class<?> precision = loader.loadClass(Precision.class.getName());
    Class<?> devices = loader.loadClass(Device.class.getName());
    Object device =
        invoked(devices.getMethod("of", precision), precision.getField("FLOAT").get(null));
    assertThat(device.getClass().getName()).isEqualTo(Nd4jDevice.class.getName());
    Class<?> workers = loader.loadClass(Workers.class.getName());
    invoked(workers.getMethod("limit", int.class), Workers.all());
  }

  private static Object invoked(Method method, Object... arguments)
      throws ReflectiveOperationException {
    method.setAccessible(true);
    return method.invoke(null, arguments);
  }

  /** This library beside an ND4J that has a processor backend, but no binding that we see. */
  private static final class WithoutOpenBlas extends ClassLoader {
    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.bytedeco.openblas.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("org.ipt4j.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? defined(name) : loaded;
      }
    }

    private Class<?> defined(String name) throws ClassNotFoundException {
      String file = name.replace('.', '/') + ".class";
      try (InputStream bytes = BlasTest.class.getClassLoader().getResourceAsStream(file)) {
        byte[] all = bytes.readAllBytes();
        return defineClass(name, all, 0, all.length);
      } catch (IOException failure) {
        throw new ClassNotFoundException(name, failure);
      }
    }
  }

  /** Numbers from −0.5 to 0.5. */
  private static INDArray uniform(RandomGenerator random, int rows, int columns) {
    float[] numbers = new float[rows * columns];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
    return Nd4j.createFromArray(numbers).reshape('c', rows, columns);
  }

  private static Blas.Matrix matrix(INDArray x) {
    INDArray rows = x.stride(1) == 1 ? x : x.dup('c');
    return new Blas.Matrix(new FloatPointer(rows.data().addressPointer()), 0, (int) rows.size(1));
  }
}
