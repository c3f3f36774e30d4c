package org.ipt4j.core;

import org.nd4j.linalg.api.blas.Blas.Vendor;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/** Matrix products: one contract, and each way to compute them. */
interface Products {
  /**
   * out = alpha · op(a) · op(b) + beta · out, where op transposes the last two axes if asked. Takes
   * strided arrays; leading axes are batch axes.
   */
  void multiply(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray out);

  /** ND4J's own operation: any backend, any strides. */
  static Products plain() {
    return (a, transposeA, b, transposeB, alpha, beta, out) ->
        Nd4j.exec(
            DynamicCustomOp.builder("matmul")
                .addInputs(a, b)
                .addOutputs(out)
                .addIntegerArguments(transposeA ? 1 : 0, transposeB ? 1 : 0, 0)
                .addFloatingPointArguments(alpha, beta)
                .build());
  }

  /** The fastest that this machine and ND4J's backend allow. */
  static Products fastest() {
    return isOpenBlas() ? new BlasProducts(plain()) : plain();
  }

  /** Whether ND4J runs on the processor with OpenBLAS, and its Java binding is there. */
  static boolean isOpenBlas() {
    if (Nd4j.getExecutioner().type() != OpExecutioner.ExecutionerType.NATIVE_CPU
        || Nd4j.factory().blas().getBlasVendor() != Vendor.OPENBLAS) {
      return false;
    }
    try {
      Class.forName("org.bytedeco.openblas.global.openblas_nolapack");
      return true;
    } catch (ClassNotFoundException | LinkageError missing) {
      return false;
    }
  }
}
