package org.ipt4j.cli;

import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** How many threads the native libraries compute on. */
final class NativeThreads {
  private NativeThreads() {}

  /** Limits both pools, OpenBLAS's and OpenMP's, for what this thread computes. */
  static void limit(int threads) {
    int most = Runtime.getRuntime().availableProcessors();
    if (threads < 1 || threads > most) {
      throw new IllegalArgumentException(
          "--threads is 1 to " + most + ", the cores there are; got " + threads);
    }
    Nd4j.factory().blas().setMaxThreads(threads);
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
  }
}
