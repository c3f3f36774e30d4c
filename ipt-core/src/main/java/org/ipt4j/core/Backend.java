package org.ipt4j.core;

import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ND4J's native code, which the user puts on the class path. It is loaded at first use. */
final class Backend {
  private static final Logger LOG = LoggerFactory.getLogger(Backend.class);
  private static final Throwable FAILURE = load();

  static {
    if (FAILURE == null && Blas.isPossible()) {
      BlasKernels.loaded().ifPresent(Backend::tell);
    }
  }

  private Backend() {}

  private static Throwable load() {
    NativeEnvironment.prepare();
    try {
      Nd4j.getExecutioner();
      return null;
    } catch (LinkageError | RuntimeException failure) {
      return failure;
    }
  }

  private static void tell(BlasKernels kernels) {
    int level = NativeOpsHolder.getInstance().getDeviceNativeOps().optimalLevel();
    if (Loader.getPlatform().endsWith("-x86_64") && kernels.areNarrow(level)) {
      LOG.warn(
          "OpenBLAS uses its kernels for {}, which are slow on this processor: OpenBLAS is older"
              + " than it, or OPENBLAS_CORETYPE says so; org.ipt4j:ipt-cpu has a newer one",
          kernels.core());
    } else {
      LOG.info("OpenBLAS uses its kernels for {}", kernels.core());
    }
  }

  /**
   * Loads the native code, once.
   *
   * @throws IllegalStateException if it cannot be loaded (at every call); the message says what to
   *     do
   */
  static void check() {
    if (FAILURE != null) {
      throw new IllegalStateException(advice(root(FAILURE)), FAILURE);
    }
  }

  /** Whether ND4J computes on the processor, in memory that Java can address. */
  static boolean onProcessor() {
    check();
    return Nd4j.getExecutioner().type() == OpExecutioner.ExecutionerType.NATIVE_CPU;
  }

  /** Whether it is there. */
  static boolean isThere() {
    return FAILURE == null;
  }

  /** Whether ND4J computes somewhere else than on the processor. */
  static boolean isElsewhere() {
    return isThere() && !onProcessor();
  }

  private static Throwable root(Throwable failure) {
    return failure.getCause() == null ? failure : root(failure.getCause());
  }

  private static String advice(Throwable root) {
    String threads = System.getenv("OMP_NUM_THREADS");
    if (root instanceof NumberFormatException && threads != null) {
      return "OMP_NUM_THREADS: expected one number, for ND4J reads no other, got " + threads;
    }
    String platform = Loader.getPlatform();
    String extension = platform.endsWith("-x86_64") ? "-onednn" : "";
    return "ND4J has no native code for "
        + platform
        + " on the class path, or cannot load it ("
        + root
        + "): depend on org.ipt4j:ipt-cpu, of type pom, or on nd4j-native of classifier "
        + platform
        + extension
        + " and openblas and javacpp of classifier "
        + platform
        + "; see \"Choosing the backend\" in IPT4J's docs/JAVA.md";
  }
}
