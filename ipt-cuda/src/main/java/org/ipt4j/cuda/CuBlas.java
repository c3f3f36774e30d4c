package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;

/** The functions of cuBLAS that are used; those of cublasLt are in {@link CuBlasLt}. */
final class CuBlas {
  static final int MATH_DISALLOW_REDUCED_PRECISION_REDUCTION = 16;
  static final int GEMM_DEFAULT = -1;

  /** Factors as they are, sums in float32; never TF32. */
  static final int COMPUTE_32F = 68;

  /** Float factors may be rounded to TF32. */
  static final int COMPUTE_32F_FAST_TF32 = 77;

  static final int REAL_32F = 0;
  static final int REAL_16BF = 14;

  private static boolean registered;

  private CuBlas() {}

  /** The library; the first that is given serves the process. */
  static synchronized void register(NativeLibrary library) {
    if (!registered) {
      Native.register(CuBlas.class, library);
      registered = true;
    }
  }

  /** Throws if this is not success. */
  static void check(int status, String operation) {
    if (status != 0) {
      throw new IllegalStateException(
          operation + ": " + cublasGetStatusName(status) + " (status " + status + ")");
    }
  }

  static int type(Gpu.Type type) {
    return type == Gpu.Type.FLOAT ? REAL_32F : REAL_16BF;
  }

  static native int cublasCreate_v2(LongByReference handle);

  static native int cublasGetVersion_v2(long handle, IntByReference version);

  static native int cublasSetStream_v2(long handle, long stream);

  static native int cublasSetWorkspace_v2(long handle, long workspace, long bytes);

  static native int cublasSetMathMode(long handle, int mode);

  static native String cublasGetStatusName(int status);

  static native int cublasGemmEx(
      long handle,
      int transposeA,
      int transposeB,
      int m,
      int n,
      int k,
      long alpha,
      long a,
      int typeA,
      int leadA,
      long b,
      int typeB,
      int leadB,
      long beta,
      long c,
      int typeC,
      int leadC,
      int computeType,
      int algorithm);

  static native int cublasGemmStridedBatchedEx(
      long handle,
      int transposeA,
      int transposeB,
      int m,
      int n,
      int k,
      long alpha,
      long a,
      int typeA,
      int leadA,
      long apartA,
      long b,
      int typeB,
      int leadB,
      long apartB,
      long beta,
      long c,
      int typeC,
      int leadC,
      long apartC,
      int count,
      int computeType,
      int algorithm);
}
