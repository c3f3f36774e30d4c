package org.ipt4j.core;

import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's native code, which the user adds; ND4J loads it when it is first asked for anything. */
final class Backend {
  private static final Throwable FAILURE = load();

  private Backend() {}

  private static Throwable load() {
    try {
      Nd4j.getExecutioner();
      return null;
    } catch (LinkageError | RuntimeException failure) {
      return failure;
    }
  }

  /**
   * Loads it, once.
   *
   * @throws IllegalStateException if that cannot be done, each time; says what to do about it
   */
  static void check() {
    if (FAILURE != null) {
      throw new IllegalStateException(advice(root(FAILURE)), FAILURE);
    }
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
        + "; see \"Choosing the backend\" in IPT4J's README";
  }
}
