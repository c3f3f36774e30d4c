package org.ipt4j.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** cublasLt on a stream: products that add a bias and cut below 0 as they write. */
final class BlasLt {
  private static final int ALIGNED = 256;

  /** Sums of parts in float32, in a fixed order. */
  private static final int REDUCTION_IN_COMPUTE_TYPE = 2;

  /** All that an algorithm depends on. */
  private record Key(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Gpu.Type factors,
      Gpu.Type result,
      int leadA,
      int leadB,
      int leadC,
      int alignedA,
      int alignedB,
      int alignedC,
      int alignedBias,
      int computeType,
      int epilogue) {}

  /** Handles, and the algorithm in native memory. */
  private record Plan(long description, long a, long b, long c, Memory heuristic) {}

  private final long handle;
  private final long stream;
  private final long workspace;
  private final long workspaceBytes;
  private final Memory value = new Memory(8);
  private final Memory scalars = new Memory(8);
  private final Map<Key, Optional<Plan>> plans = new HashMap<>();

  /** On the current context. */
  BlasLt(long stream, long workspace, long workspaceBytes) {
    LongByReference created = new LongByReference();
    CuBlas.check(CuBlasLt.cublasLtCreate(created), "cublasLtCreate");
    this.handle = created.getValue();
    this.stream = stream;
    this.workspace = workspace;
    this.workspaceBytes = workspaceBytes;
    scalars.setFloat(0, 1);
    scalars.setFloat(4, 0);
  }

  /**
   * Whether it has an algorithm.
   *
   * @param bias of each row of C, in C's type; 0: none
   */
  synchronized boolean has(Gemm gemm, Arithmetic arithmetic, long bias, boolean relu) {
    return plan(gemm, arithmetic, bias, relu).isPresent();
  }

  /** C = op(A)·op(B) + bias + residual, at least 0 if {@code relu}. */
  synchronized void multiply(
      Gemm gemm, Arithmetic arithmetic, long bias, long residual, boolean relu) {
    Plan plan =
        plan(gemm, arithmetic, bias, relu)
            .orElseThrow(
                () -> new UnsupportedOperationException("cublasLt has no algorithm for " + gemm));
    if (bias != 0) {
      describe(plan.description(), CuBlasLt.DESCRIPTION_BIAS_POINTER, bias, 8);
    }
    long one = Pointer.nativeValue(scalars);
    CuBlas.check(
        CuBlasLt.cublasLtMatmul(
            handle,
            plan.description(),
            one,
            gemm.a().address(),
            plan.a(),
            gemm.b().address(),
            plan.b(),
            residual == 0 ? one + 4 : one,
            residual == 0 ? gemm.c().address() : residual,
            plan.c(),
            gemm.c().address(),
            plan.c(),
            Pointer.nativeValue(plan.heuristic()),
            workspace,
            workspaceBytes,
            stream),
        "cublasLtMatmul");
  }

  private Optional<Plan> plan(Gemm gemm, Arithmetic arithmetic, long bias, boolean relu) {
    Key key =
        new Key(
            gemm.transposeA(),
            gemm.transposeB(),
            gemm.m(),
            gemm.n(),
            gemm.k(),
            gemm.a().type(),
            gemm.c().type(),
            gemm.a().lead(),
            gemm.b().lead(),
            gemm.c().lead(),
            alignment(gemm.a().address()),
            alignment(gemm.b().address()),
            alignment(gemm.c().address()),
            alignment(bias),
            gemm.computeType(arithmetic),
            epilogue(bias, relu));
    Optional<Plan> plan = plans.get(key);
    if (plan == null) {
      plan = make(key, bias);
      plans.put(key, plan);
    }
    return plan;
  }

  private static int epilogue(long bias, boolean relu) {
    if (bias == 0) {
      return relu ? CuBlasLt.EPILOGUE_RELU : CuBlasLt.EPILOGUE_DEFAULT;
    }
    return relu ? CuBlasLt.EPILOGUE_RELU | CuBlasLt.EPILOGUE_BIAS : CuBlasLt.EPILOGUE_BIAS;
  }

  /** The greatest power of 2 that divides an address, at most {@link #ALIGNED}. */
  private static int alignment(long address) {
    return (int) Long.lowestOneBit(address | ALIGNED);
  }

  private Optional<Plan> make(Key key, long bias) {
    LongByReference created = new LongByReference();
    CuBlas.check(
        CuBlasLt.cublasLtMatmulDescCreate(created, key.computeType(), CuBlas.REAL_32F),
        "cublasLtMatmulDescCreate");
    long description = created.getValue();
    describe(description, CuBlasLt.DESCRIPTION_TRANSPOSE_A, key.transposeA() ? 1 : 0, 4);
    describe(description, CuBlasLt.DESCRIPTION_TRANSPOSE_B, key.transposeB() ? 1 : 0, 4);
    describe(description, CuBlasLt.DESCRIPTION_EPILOGUE, key.epilogue(), 4);
    if (bias != 0) {
      describe(description, CuBlasLt.DESCRIPTION_BIAS_POINTER, bias, 8);
    }
    long a = layout(key.factors(), key.transposeA(), key.m(), key.k(), key.leadA());
    long b = layout(key.factors(), key.transposeB(), key.k(), key.n(), key.leadB());
    long c = layout(key.result(), false, key.m(), key.n(), key.leadC());
    Memory heuristic = new Memory(CuBlasLt.HEURISTIC_BYTES);
    heuristic.clear();
    boolean found = search(key, description, a, b, c, heuristic);
    return found ? Optional.of(new Plan(description, a, b, c, heuristic)) : Optional.empty();
  }

  private boolean search(Key key, long description, long a, long b, long c, Memory heuristic) {
    LongByReference preference = new LongByReference();
    CuBlas.check(
        CuBlasLt.cublasLtMatmulPreferenceCreate(preference), "cublasLtMatmulPreferenceCreate");
    long handled = preference.getValue();
    prefer(handled, CuBlasLt.PREFERENCE_WORKSPACE_BYTES, workspaceBytes, 8);
    prefer(handled, CuBlasLt.PREFERENCE_REDUCTION_SCHEMES, REDUCTION_IN_COMPUTE_TYPE, 4);
    prefer(handled, CuBlasLt.PREFERENCE_ALIGNMENT_A, key.alignedA(), 4);
    prefer(handled, CuBlasLt.PREFERENCE_ALIGNMENT_B, key.alignedB(), 4);
    prefer(handled, CuBlasLt.PREFERENCE_ALIGNMENT_C, key.alignedC(), 4);
    prefer(handled, CuBlasLt.PREFERENCE_ALIGNMENT_D, key.alignedC(), 4);
    IntByReference returned = new IntByReference();
    int status =
        CuBlasLt.cublasLtMatmulAlgoGetHeuristic(
            handle, description, a, b, c, c, handled, 1, heuristic, returned);
    CuBlasLt.cublasLtMatmulPreferenceDestroy(handled);
    return status == 0 && returned.getValue() > 0;
  }

  /** Of the matrix as it lies in memory. */
  private static long layout(Gpu.Type type, boolean transposed, int rows, int columns, int lead) {
    LongByReference created = new LongByReference();
    CuBlas.check(
        CuBlasLt.cublasLtMatrixLayoutCreate(
            created,
            CuBlas.type(type),
            transposed ? columns : rows,
            transposed ? rows : columns,
            lead),
        "cublasLtMatrixLayoutCreate");
    return created.getValue();
  }

  private void describe(long description, int attribute, long number, int bytes) {
    value.setLong(0, number);
    CuBlas.check(
        CuBlasLt.cublasLtMatmulDescSetAttribute(description, attribute, value, bytes),
        "cublasLtMatmulDescSetAttribute");
  }

  private void prefer(long preference, int attribute, long number, int bytes) {
    value.setLong(0, number);
    CuBlas.check(
        CuBlasLt.cublasLtMatmulPreferenceSetAttribute(preference, attribute, value, bytes),
        "cublasLtMatmulPreferenceSetAttribute");
  }
}
