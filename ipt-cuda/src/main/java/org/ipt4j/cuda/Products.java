package org.ipt4j.cuda;

import java.lang.ref.Reference;
import org.ipt4j.core.Activation;
import org.ipt4j.core.Array;
import org.ipt4j.cuda.Elements.Function;
import org.ipt4j.cuda.Gpu.Matrix;
import org.ipt4j.cuda.Gpu.Product;
import org.ipt4j.cuda.Gpu.Type;

/** Products of matrices. */
final class Products {
  private final CudaDevice device;
  private final Gpu gpu;
  private final Elements elements;

  Products(CudaDevice device, Gpu gpu, Elements elements) {
    this.device = device;
    this.gpu = gpu;
    this.elements = elements;
  }

  /** out = alpha · a·b + beta · out; leading axes are batch axes. */
  void run(
      CudaArray a, CudaArray b, double alpha, double beta, CudaArray out, Arithmetic arithmetic) {
    if (out.length() == 0) {
      return;
    }
    if (a.size(a.rank() - 1) == 0) {
      elements.run(beta == 0 ? Function.FILL : Function.SCALE, out, null, beta, out);
      return;
    }
    if (isByColumns(out)) {
      run(transposed(b), transposed(a), alpha, beta, transposed(out), arithmetic);
      return;
    }
    if (!hasNeighbours(out)) {
      CudaArray beside = device.copied(out.type(), out);
      run(a, b, alpha, beta, beside, arithmetic);
      device.copy(beside, out);
      return;
    }
    if (out.rank() > 3) {
      for (long i = 0; i < out.size(0); i++) {
        run(part(a, i), part(b, i), alpha, beta, part(out, i), arithmetic);
      }
      return;
    }
    Type type = type(a, b, out);
    CudaArray left = factor(type, a);
    CudaArray right = factor(type, b);
    multiply(product(left, right, out, alpha, beta, arithmetic), left, right, out);
  }

  /** Multiplies; the memory of these arrays, whose addresses the product has, stays theirs. */
  private void multiply(Product product, CudaArray... arrays) {
    gpu.multiply(product);
    Reference.reachabilityFence(arrays);
  }

  /** In which numbers are multiplied. */
  private static Type type(CudaArray a, CudaArray b, CudaArray out) {
    boolean half = a.type() == Type.BF16 || b.type() == Type.BF16 || out.type() == Type.BF16;
    return half ? Type.BF16 : Type.FLOAT;
  }

  /** Of factors of one type. */
  private static Product product(
      CudaArray a, CudaArray b, CudaArray out, double alpha, double beta, Arithmetic arithmetic) {
    Arithmetic how = arithmetic;
    if (a.type() == Type.BF16) {
      how = Arithmetic.BF16;
    } else if (arithmetic == Arithmetic.BF16) {
      how = Arithmetic.TF32;
    }
    return new Product(
        matrix(a),
        matrix(b),
        matrix(out),
        out.rank() == 3 ? (int) out.size(0) : 1,
        (float) alpha,
        (float) beta,
        0,
        0,
        false,
        how);
  }

  /** y = r + x·wᵀ + b and the activation, in one or two passes, if y and r lie alike. */
  boolean fused(
      Array x, Array w, Array b, Array r, Activation activation, Array y, Arithmetic arithmetic) {
    CudaArray to = CudaArray.of(y);
    if (to.length() == 0 || x.length() == 0) {
      return to.length() == 0;
    }
    CudaArray residual = r == null ? null : CudaArray.of(r);
    if (residual != null
        && (residual.type() != to.type() || !residual.isRowByRow() || !to.isRowByRow())) {
      return false;
    }
    boolean rectifies = activation == Activation.RELU;
    CudaArray bias = b == null ? null : device.in(to.type(), CudaArray.of(b));
    CudaArray weights = transposed(CudaArray.of(w));
    Type type = type(CudaArray.of(x), weights, to);
    CudaArray left = factor(type, CudaArray.of(x));
    CudaArray right = factor(type, weights);
    Product plain = product(left, right, to, 1, 0, arithmetic);
    Product product =
        plain.ending(
            bias == null ? 0 : bias.address(),
            residual == null ? 0 : residual.address(),
            rectifies);
    if (b == null && r == null && !rectifies) {
      multiply(plain, left, right, to);
    } else if (gpu.fuses(product)) {
      multiply(product, left, right, to, bias, residual);
    } else if (r != null || b == null) {
      return false;
    } else {
      multiply(plain, left, right, to);
      elements.run(rectifies ? Function.ADD_RELU : Function.ADD, to, bias, 0, to);
    }
    return true;
  }

  /** x as a factor: of the type, and with neighbours side by side along one of its axes. */
  private CudaArray factor(Type type, CudaArray x) {
    if (x.type() == type && hasNeighbours(x)) {
      return x;
    }
    return isByColumns(x) ? transposed(device.copied(type, transposed(x))) : device.copied(type, x);
  }

  private static boolean hasNeighbours(CudaArray x) {
    int rows = x.rank() - 2;
    int columns = x.rank() - 1;
    return x.stride(columns) == 1
        || x.size(columns) == 1
        || x.stride(rows) == 1
        || x.size(rows) == 1;
  }

  /** Whether neighbours in a column lie side by side, and not those in a row. */
  private static boolean isByColumns(CudaArray x) {
    int rows = x.rank() - 2;
    int columns = x.rank() - 1;
    boolean byRows = x.stride(columns) == 1 || x.size(columns) == 1;
    return !byRows && (x.stride(rows) == 1 || x.size(rows) == 1);
  }

  private static CudaArray transposed(CudaArray x) {
    return (CudaArray) x.transposed();
  }

  private static CudaArray part(CudaArray x, long i) {
    long[] shape = java.util.Arrays.copyOfRange(x.shape(), 1, x.rank());
    long[] strides = java.util.Arrays.copyOfRange(x.strides(), 1, x.rank());
    return x.view(i * x.stride(0), shape, strides);
  }

  private static Matrix matrix(CudaArray x) {
    int rows = x.rank() - 2;
    int columns = x.rank() - 1;
    boolean byColumns = isByColumns(x);
    long across = byColumns ? x.size(rows) : x.size(columns); // neighbours side by side
    long lead = byColumns ? x.stride(columns) : x.stride(rows);
    boolean one = (byColumns ? x.size(columns) : x.size(rows)) == 1;
    return new Matrix(
        x.address(),
        x.type(),
        Math.toIntExact(x.size(rows)),
        Math.toIntExact(x.size(columns)),
        byColumns,
        Math.toIntExact(one ? Math.max(1, across) : lead),
        x.rank() == 3 ? x.stride(0) : 0);
  }
}
