package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;

/** The functions of cublasLt that are used. */
final class CuBlasLt {
  static final int DESCRIPTION_TRANSPOSE_A = 3;
  static final int DESCRIPTION_TRANSPOSE_B = 4;
  static final int DESCRIPTION_EPILOGUE = 7;
  static final int DESCRIPTION_BIAS_POINTER = 8;

  static final int EPILOGUE_DEFAULT = 1;
  static final int EPILOGUE_RELU = 2;
  static final int EPILOGUE_BIAS = 4;

  static final int PREFERENCE_WORKSPACE_BYTES = 1;
  static final int PREFERENCE_REDUCTION_SCHEMES = 3;
  static final int PREFERENCE_ALIGNMENT_A = 5;
  static final int PREFERENCE_ALIGNMENT_B = 6;
  static final int PREFERENCE_ALIGNMENT_C = 7;
  static final int PREFERENCE_ALIGNMENT_D = 8;

  /** Bytes of a cublasLtMatmulHeuristicResult_t, which begins with the algorithm. */
  static final int HEURISTIC_BYTES = 96;

  private static boolean registered;

  private CuBlasLt() {}

  /** The library; the first that is given serves the process. */
  static synchronized void register(NativeLibrary library) {
    if (!registered) {
      Native.register(CuBlasLt.class, library);
      registered = true;
    }
  }

  static native int cublasLtCreate(LongByReference handle);

  static native int cublasLtMatmulDescCreate(
      LongByReference description, int computeType, int scaleType);

  static native int cublasLtMatmulDescSetAttribute(
      long description, int attribute, Pointer value, long bytes);

  static native int cublasLtMatrixLayoutCreate(
      LongByReference layout, int type, long rows, long columns, long lead);

  static native int cublasLtMatmulPreferenceCreate(LongByReference preference);

  static native int cublasLtMatmulPreferenceSetAttribute(
      long preference, int attribute, Pointer value, long bytes);

  static native int cublasLtMatmulPreferenceDestroy(long preference);

  static native int cublasLtMatmulAlgoGetHeuristic(
      long handle,
      long description,
      long layoutA,
      long layoutB,
      long layoutC,
      long layoutD,
      long preference,
      int requested,
      Pointer results,
      IntByReference returned);

  static native int cublasLtMatmul(
      long handle,
      long description,
      long alpha,
      long a,
      long layoutA,
      long b,
      long layoutB,
      long beta,
      long c,
      long layoutC,
      long d,
      long layoutD,
      long algorithm,
      long workspace,
      long workspaceBytes,
      long stream);
}
