package org.ipt4j.core;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native thread pools: OpenBLAS has one, oneDNN and libnd4j share libgomp's, whose idle workers
 * spin unless told to sleep and so take the cores from the other's.
 */
final class ThreadSettings {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadSettings.class);
  private static final AtomicBoolean DONE = new AtomicBoolean();

  private ThreadSettings() {}

  /** Says once, in the log, if the environment lets the pools fight. */
  static void warnOnce() {
    Map<String, String> environment = System.getenv();
    if (!environment.containsKey("OMP_WAIT_POLICY")
        && !environment.containsKey("GOMP_SPINCOUNT")
        && DONE.compareAndSet(false, true)) {
      LOG.warn(
          "set OMP_WAIT_POLICY=passive in the environment: native thread pools that spin for each"
              + " other make a pass up to several times slower");
    }
  }
}
