package org.ipt4j.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;

/** cuBLAS on a stream. Without atomics and with memory of its own, so that runs repeat exactly. */
final class Blas {
  private final long handle;
  private final Memory scalars = new Memory(8);
  private final long alpha = Pointer.nativeValue(scalars);
  private final long beta = alpha + 4;

  /**
   * On the current context.
   *
   * @param workspace memory for cuBLAS, a multiple of 256
   */
  Blas(long stream, long workspace, long workspaceBytes) {
    LongByReference created = new LongByReference();
    CuBlas.check(CuBlas.cublasCreate_v2(created), "cublasCreate");
    handle = created.getValue();
    // the workspace after the stream, which resets it
    CuBlas.check(CuBlas.cublasSetStream_v2(handle, stream), "cublasSetStream");
    CuBlas.check(
        CuBlas.cublasSetWorkspace_v2(handle, workspace, workspaceBytes), "cublasSetWorkspace");
    CuBlas.check(
        CuBlas.cublasSetMathMode(handle, CuBlas.MATH_DISALLOW_REDUCED_PRECISION_REDUCTION),
        "cublasSetMathMode");
  }

  /** As major.minor.patch. */
  String version() {
    IntByReference version = new IntByReference();
    CuBlas.check(CuBlas.cublasGetVersion_v2(handle, version), "cublasGetVersion");
    int number = version.getValue();
    return number / 10000 + "." + number / 100 % 100 + "." + number % 100;
  }

  /** C = alpha · op(A)·op(B) + beta · C. */
  synchronized void multiply(Gemm gemm, Arithmetic arithmetic, float factor, float before) {
    int computeType = gemm.computeType(arithmetic);
    scalars.setFloat(0, factor);
    scalars.setFloat(4, before);
    int status = gemm.count() == 1 ? one(gemm, computeType) : batch(gemm, computeType);
    if (status != 0) {
      CuBlas.check(status, "cuBLAS's " + gemm);
    }
  }

  private int one(Gemm gemm, int computeType) {
    return CuBlas.cublasGemmEx(
        handle,
        gemm.transposeA() ? 1 : 0,
        gemm.transposeB() ? 1 : 0,
        gemm.m(),
        gemm.n(),
        gemm.k(),
        alpha,
        gemm.a().address(),
        CuBlas.type(gemm.a().type()),
        gemm.a().lead(),
        gemm.b().address(),
        CuBlas.type(gemm.b().type()),
        gemm.b().lead(),
        beta,
        gemm.c().address(),
        CuBlas.type(gemm.c().type()),
        gemm.c().lead(),
        computeType,
        CuBlas.GEMM_DEFAULT);
  }

  private int batch(Gemm gemm, int computeType) {
    return CuBlas.cublasGemmStridedBatchedEx(
        handle,
        gemm.transposeA() ? 1 : 0,
        gemm.transposeB() ? 1 : 0,
        gemm.m(),
        gemm.n(),
        gemm.k(),
        alpha,
        gemm.a().address(),
        CuBlas.type(gemm.a().type()),
        gemm.a().lead(),
        gemm.a().apart(),
        gemm.b().address(),
        CuBlas.type(gemm.b().type()),
        gemm.b().lead(),
        gemm.b().apart(),
        beta,
        gemm.c().address(),
        CuBlas.type(gemm.c().type()),
        gemm.c().lead(),
        gemm.c().apart(),
        gemm.count(),
        computeType,
        CuBlas.GEMM_DEFAULT);
  }
}
