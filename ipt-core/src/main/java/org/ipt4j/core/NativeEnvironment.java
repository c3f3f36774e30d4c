package org.ipt4j.core;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The environment in which native code starts. OpenBLAS has its own thread pool; oneDNN and libnd4j
 * share libgomp's. Idle libgomp workers spin unless told to sleep, and so take cores from the other
 * pool. libgomp reads its settings once, when it is loaded.
 */
final class NativeEnvironment {
  private static final Logger LOG = LoggerFactory.getLogger(NativeEnvironment.class);
  private static final String POLICY = "OMP_WAIT_POLICY";

  private NativeEnvironment() {}

  /**
   * Tells libgomp's workers to sleep unless the user has set something else; logs if it is too late
   * or not possible.
   */
  static void prepare() {
    Map<String, String> given = System.getenv();
    if (given.containsKey(POLICY) || given.containsKey("GOMP_SPINCOUNT")) {
      return;
    }
    if (isLoaded() || !set(POLICY, "passive")) {
      LOG.warn(
          "set {}=passive in the environment, or use IPT4J before ND4J: native thread pools that"
              + " spin for each other make a pass up to several times slower",
          POLICY);
    }
  }

  private static boolean isLoaded() {
    return Loader.getLoadedLibraries().keySet().stream().anyMatch(name -> name.contains("nd4j"));
  }

  /** Sets a variable in the process's own environment, which Java's copy does not show. */
  private static boolean set(String name, String value) {
    if (Platform.isWindows()) { // whose libraries each have a copy, too
      return false;
    }
    try {
      Object[] arguments = {name, value, 0};
      return NativeLibrary.getProcess().getFunction("setenv").invokeInt(arguments) == 0;
    } catch (LinkageError missing) {
      return false;
    }
  }
}
