package org.ipt4j.core;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack.SetNumThreads;
import org.nd4j.linalg.api.blas.Blas.Vendor;
import org.nd4j.linalg.factory.Nd4j;

/** Calls to the OpenBLAS that ND4J's processor backend has loaded, one matrix at a time. */
final class Blas {
  private static final long SMALL =
      BlasKernels.loaded().filter(BlasKernels::haveSmallProducts).isPresent()
          ? 1_000_000
          : Long.MAX_VALUE;
  private static final int LEAST_PART = 32; // below, its calls cost more than is gained
  private static final int FILLING_SIDE = 512; // whose product takes 2 MB of a buffer

  private static int running; // guarded by the class: calls of singleThreaded under way
  private static int limit; // guarded by the class: on threads, from their end on; 0: the old one
  private static boolean buffersFilled; // guarded by the class

  private Blas() {}

  /** What this class cannot be loaded with where the Java binding of OpenBLAS is missing. */
  private static final class Binding {
    static final SetNumThreads THREADS = new ThreadSetter();
  }

  /**
   * Whether ND4J runs on the processor with OpenBLAS, and the Java binding of OpenBLAS is there.
   * The rest of this class, but {@link #limit}, may be called only then.
   */
  static boolean isPossible() {
    if (!Backend.onProcessor() || Nd4j.factory().blas().getBlasVendor() != Vendor.OPENBLAS) {
      return false;
    }
    try {
      Class.forName("org.bytedeco.openblas.global.openblas_nolapack");
      return true;
    } catch (ClassNotFoundException | LinkageError missing) {
      return false;
    }
  }

  /**
   * Rows of an array of floats, seen as a matrix.
   *
   * @param array the array's first number
   * @param from where the matrix begins, relative to the array
   * @param stride the distance from one row to the next
   * @param isTransposed whether the rows are the matrix's columns
   */
  record Matrix(FloatPointer array, long from, int stride, boolean isTransposed) {
    Matrix(FloatPointer array, long from, int stride) {
      this(array, from, stride, false);
    }

    Matrix transposed() {
      return new Matrix(array, from, stride, !isTransposed);
    }

    private int order() {
      return isTransposed ? CblasTrans : CblasNoTrans;
    }

    /** Where column {@code i} begins. */
    private FloatPointer column(int i) {
      return at(isTransposed ? (long) i * stride : i);
    }

    /** Where row {@code i} begins. */
    private FloatPointer row(int i) {
      return at(isTransposed ? i : (long) i * stride);
    }

    private FloatPointer at(long offset) {
      return new FloatPointer(array).position(from + offset);
    }
  }

  /**
   * Sets how many threads ND4J's products take; while some run {@link #singleThreaded}, from their
   * end on. For any backend.
   */
  static synchronized void limit(int most) {
    if (running > 0) {
      limit = most;
    } else {
      Nd4j.factory().blas().setMaxThreads(most);
    }
  }

  /**
   * Runs products that are shared among our {@link Workers}; OpenBLAS splits none of them itself.
   */
  static void singleThreaded(Runnable products) {
    synchronized (Blas.class) {
      if (running++ == 0) {
        Binding.THREADS.call(1);
      }
    }
    try {
      fillBuffersOnce();
      products.run();
    } finally {
      synchronized (Blas.class) {
        if (--running == 0) {
          giveThreadsBack();
        }
      }
    }
  }

  private static void giveThreadsBack() {
    if (limit > 0) {
      Nd4j.factory().blas().setMaxThreads(limit);
      limit = 0;
    } else {
      Binding.THREADS.call(Nd4j.factory().blas().getMaxThreads()); // as last set through ND4J
    }
  }

  /**
   * OpenBLAS packs matrices into a buffer for each running call, and its kernels prefetch past the
   * end of the packed data. If that part of the buffer was never written, the processor looks up
   * the page at each prefetch: weights·values at S 256 then took three times as long. So this makes
   * products larger than attention's once, in all buffers.
   */
  private static synchronized void fillBuffersOnce() {
    if (!buffersFilled) {
      fillBuffers();
      buffersFilled = true;
    }
  }

  private static void fillBuffers() {
    int calls = Workers.all();
    CyclicBarrier together = new CyclicBarrier(calls);
    ExecutorService threads = Executors.newFixedThreadPool(calls);
    try {
      Callable<Void> call =
          () -> {
            together.await();
            multiplySquare();
            return null;
          };
      for (Future<Void> done : threads.invokeAll(Collections.nCopies(calls, call))) {
        done.get();
      }
    } catch (InterruptedException asked) {
      Thread.currentThread().interrupt(); // products are slower at worst
    } catch (ExecutionException failure) {
      throw new IllegalStateException(failure.getCause());
    } finally {
      threads.shutdownNow(); // where not all could begin, the others still wait
    }
  }

  private static void multiplySquare() {
    int n = FILLING_SIDE;
    try (FloatPointer zeros = new FloatPointer(new float[n * n]);
        FloatPointer product = new FloatPointer((long) n * n)) {
      Matrix factor = new Matrix(zeros, 0, n);
      multiply(n, n, n, factor, factor, 1, 0, new Matrix(product, 0, n));
    }
  }

  /**
   * Calls OpenBLAS's setter directly. ND4J's setter looks it up by name at each call, which takes
   * 0.2 ms.
   */
  private static final class ThreadSetter extends SetNumThreads {
    ThreadSetter() {
      put(Loader.addressof("openblas_set_num_threads"));
    }
  }

  /** out [rows,columns] = alpha · a [rows,inner] · b [inner,columns] + beta · out. */
  static void multiply(
      int rows, int columns, int inner, Matrix a, Matrix b, double alpha, double beta, Matrix out) {
    int parts = parts((long) rows * columns, inner);
    for (int i = 0; i < parts; i++) {
      int from = Workers.first(inner, parts, i);
      cblas_sgemm(
          CblasRowMajor,
          a.order(),
          b.order(),
          rows,
          columns,
          Workers.first(inner, parts, i + 1) - from,
          (float) alpha,
          a.column(from),
          a.stride(),
          b.row(from),
          b.stride(),
          i == 0 ? (float) beta : 1,
          out.row(0),
          out.stride());
    }
  }

  /**
   * The number of parts of the inner side, such that each product with so many outputs has at most
   * a million multiplications. For such products OpenBLAS has kernels that do not pack: with 256
   * rows, 48 columns and an inner side of 64 instead of 256, aᵀ·b runs at 108 instead of 76 GFLOP/s
   * and a·b at 108 instead of 90.
   */
  private static int parts(long outputs, int inner) {
    long small = SMALL / outputs;
    return small < LEAST_PART ? 1 : (int) ((inner - 1) / small + 1);
  }
}
