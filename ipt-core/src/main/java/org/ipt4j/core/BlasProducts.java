package org.ipt4j.core;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Batches of small products by the OpenBLAS that ND4J's processor backend has loaded: each matrix
 * is a call of its own on one of our {@link Workers}, which BLAS then does not divide among
 * threads. ND4J's operation runs at half of what BLAS gets on attention's matrices. Single large
 * matrices stay with ND4J's operation, whose threads share what they pack.
 */
final class BlasProducts implements Products {
  private static final long LEAST_MULTIPLY_ADDS =
      1 << 18; // below, sharing costs more than it gains
  private static final long LEAST_SIDE = 8; // narrower ones are products with vectors

  private final Products otherwise;

  /** What this cannot do, or not faster, is left to {@code otherwise}. */
  BlasProducts(Products otherwise) {
    this.otherwise = otherwise;
  }

  @Override
  public void multiply(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out) {
    Product product = new Product(a, transposeA, b, transposeB, alpha, beta, out);
    if (product.isWorthIt()) {
      Blas.singleThreaded(product::run);
    } else {
      otherwise.multiply(a, transposeA, b, transposeB, alpha, beta, out);
    }
  }

  private static final class Product {
    private final INDArray a;
    private final boolean transposeA;
    private final INDArray b;
    private final boolean transposeB;
    private final double alpha;
    private final double beta;
    private final INDArray out;
    private final int axes;
    private final long rows;
    private final long columns;
    private final long inner;
    private final long batch;

    Product(
        INDArray a,
        boolean transposeA,
        INDArray b,
        boolean transposeB,
        double alpha,
        double beta,
        INDArray out) {
      this.a = a;
      this.transposeA = transposeA;
      this.b = b;
      this.transposeB = transposeB;
      this.alpha = alpha;
      this.beta = beta;
      this.out = out;
      axes = out.rank();
      rows = out.size(axes - 2);
      columns = out.size(axes - 1);
      inner = a.size(transposeA ? axes - 2 : axes - 1);
      batch = out.length() / (rows * columns);
    }

    boolean isWorthIt() {
      return batch > 1
          && rows >= LEAST_SIDE
          && columns >= LEAST_SIDE
          && batch * rows * columns * inner >= LEAST_MULTIPLY_ADDS
          && (out.dataType() == DataType.FLOAT || out.dataType() == DataType.DOUBLE)
          && a.rank() == axes
          && b.rank() == axes
          && hasRows(a)
          && hasRows(b)
          && hasRows(out);
    }

    /** Whether each matrix lies row by row, as BLAS wants it. */
    private boolean hasRows(INDArray x) {
      long width = x.size(axes - 1);
      int stride = x.stride(axes - 2);
      return x.dataType() == out.dataType()
          && x.stride(axes - 1) == 1
          && stride >= width
          && x.size(axes - 2) <= Integer.MAX_VALUE;
    }

    void run() {
      Workers.run((int) batch, this::matrix);
    }

    /** The first element of the batch's matrix {@code i}, relative to the array's first. */
    private long start(INDArray x, int i) {
      long start = 0;
      long rest = i;
      for (int axis = axes - 3; axis >= 0; axis--) {
        start += rest % x.size(axis) * x.stride(axis);
        rest /= x.size(axis);
      }
      return start;
    }

    private void matrix(int i) {
      Blas.multiply(
          rows,
          columns,
          inner,
          matrix(a, i),
          transposeA,
          matrix(b, i),
          transposeB,
          alpha,
          beta,
          matrix(out, i));
    }

    private Blas.Matrix matrix(INDArray x, int i) {
      return new Blas.Matrix(x, start(x, i), x.stride(axes - 2));
    }
  }
}
