package org.ipt4j.cuda;

/**
 * A {@link Gpu.Product} as cuBLAS takes it: C = op(A)·op(B), matrices by columns. C by columns is
 * out by rows transposed, and outᵀ = bᵀ·aᵀ; so b becomes A, a becomes B.
 *
 * @param transposeA whether op(A) = Aᵀ
 * @param transposeB whether op(B) = Bᵀ
 * @param m rows of op(A) and C
 * @param n columns of op(B) and C
 * @param k columns of op(A), rows of op(B)
 * @param count of products
 */
record Gemm(
    boolean transposeA,
    boolean transposeB,
    int m,
    int n,
    int k,
    Operand a,
    Operand b,
    Operand c,
    int count) {
  /**
   * A matrix by columns.
   *
   * @param lead the distance between neighbours in a row, in numbers
   * @param apart the distance between matrices, in numbers
   */
  record Operand(long address, Gpu.Type type, int lead, long apart) {}

  /**
   * Of a product.
   *
   * @throws IllegalArgumentException if its matrices do not fit each other
   */
  static Gemm of(Gpu.Product product) {
    Gpu.Matrix a = product.a();
    Gpu.Matrix b = product.b();
    Gpu.Matrix out = product.out();
    if (a.columns() != b.rows() || a.rows() != out.rows() || b.columns() != out.columns()) {
      throw new IllegalArgumentException(
          "a " + shape(a) + " times b " + shape(b) + " does not give out " + shape(out));
    }
    if (out.byColumns()) {
      throw new IllegalArgumentException("out must lie by rows");
    }
    return new Gemm(
        b.byColumns(),
        a.byColumns(),
        out.columns(),
        out.rows(),
        a.columns(),
        operand(b),
        operand(a),
        operand(out),
        product.count());
  }

  private static Operand operand(Gpu.Matrix matrix) {
    int side = matrix.byColumns() ? matrix.rows() : matrix.columns();
    int other = matrix.byColumns() ? matrix.columns() : matrix.rows();
    if (other > 1 && matrix.lead() < side) {
      throw new IllegalArgumentException(
          shape(matrix) + " needs a lead of " + side + " or more, not " + matrix.lead());
    }
    int lead = Math.max(matrix.lead(), Math.max(1, side));
    return new Operand(matrix.address(), matrix.type(), lead, matrix.apart());
  }

  private static String shape(Gpu.Matrix matrix) {
    return "[" + matrix.rows() + "," + matrix.columns() + "]";
  }

  /**
   * cuBLAS's type of computing, by the types of the factors: bfloat16 ones are taken as they are,
   * floats are rounded to TF32 unless the arithmetic is float32.
   *
   * @throws IllegalArgumentException if cuBLAS has no product of these types
   */
  int computeType(Arithmetic arithmetic) {
    if (a.type() != b.type() || a.type() == Gpu.Type.FLOAT && c.type() != Gpu.Type.FLOAT) {
      throw new IllegalArgumentException(
          "no product of "
              + b.type()
              + " and "
              + a.type()
              + " gives "
              + c.type()
              + ": factors must have one type, and floats give floats");
    }
    return a.type() == Gpu.Type.FLOAT && arithmetic != Arithmetic.FLOAT32
        ? CuBlas.COMPUTE_32F_FAST_TF32
        : CuBlas.COMPUTE_32F;
  }
}
