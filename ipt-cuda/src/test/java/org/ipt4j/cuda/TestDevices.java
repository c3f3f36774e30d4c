package org.ipt4j.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.EnumMap;
import java.util.Map;
import org.ipt4j.core.Device;
import org.junit.jupiter.api.Assumptions;

/** The devices that are tested. */
final class TestDevices {
  private static final Map<Arithmetic, Device> EMULATED = new EnumMap<>(Arithmetic.class);

  private TestDevices() {}

  /** The kernels on the processor; skips the test if there is no C++ compiler. */
  static synchronized Device emulated(Arithmetic arithmetic) {
    assumeTrue(EmulatedGpu.get().isPresent(), "no C++ compiler: kernels are not emulated");
    return EMULATED.computeIfAbsent(
        arithmetic, a -> new CudaDevice(EmulatedGpu.get().orElseThrow(), a));
  }

  /** The first card; skips the test if there is none. */
  static Device card(Arithmetic arithmetic) {
    try {
      return Cuda.device(CudaSettings.of(arithmetic));
    } catch (CudaUnavailableException none) {
      return Assumptions.abort("skipped: " + none.getMessage());
    }
  }
}
