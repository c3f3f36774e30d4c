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
    return EMULATED.computeIfAbsent(arithmetic, a -> new CudaDevice(emulatedGpu(), a));
  }

  /** One of its own, to be counted or filled. */
  static EmulatedGpu emulatedGpu(long mostBytes) {
    assumeTrue(EmulatedGpu.isPossible(), "no C++ compiler: kernels are not emulated");
    return new EmulatedGpu(mostBytes);
  }

  static EmulatedGpu emulatedGpu() {
    return emulatedGpu(8L << 30);
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
