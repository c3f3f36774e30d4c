package org.ipt4j.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.HashMap;
import java.util.Map;
import org.ipt4j.core.Array;
import org.ipt4j.core.Device;
import org.ipt4j.cuda.EmulatedGpu.Generation;
import org.junit.jupiter.api.Assumptions;

/** The devices that are tested. */
final class TestDevices {
  private static final long MOST_BYTES = 8L << 30;

  private record Kind(Generation generation, Arithmetic arithmetic) {}

  /** Arrays that have ended hold NaN, as those that were never written do. */
  private static final class Poisoning extends CudaDevice {
    Poisoning(Gpu gpu, Arithmetic arithmetic) {
      super(gpu, arithmetic);
    }

    @Override
    protected void ended(Array array) {
      fill(array, Float.NaN);
    }
  }

  private static final Map<Kind, Device> EMULATED = new HashMap<>();

  private TestDevices() {}

  /** The kernels on the processor; skips the test if there is no C++ compiler. */
  static Device emulated(Arithmetic arithmetic) {
    return emulated(new Kind(Generation.HOPPER, arithmetic));
  }

  /** As they are compiled for Turing; skips the test if there is no C++ compiler. */
  static Device emulatedTuring() {
    return emulated(new Kind(Generation.TURING, Arithmetic.FLOAT32));
  }

  private static synchronized Device emulated(Kind kind) {
    return EMULATED.computeIfAbsent(
        kind, k -> new Poisoning(emulatedGpu(MOST_BYTES, k.generation()), k.arithmetic()));
  }

  /** One of its own, to be counted or filled. */
  static EmulatedGpu emulatedGpu(long mostBytes) {
    return emulatedGpu(mostBytes, Generation.HOPPER);
  }

  private static EmulatedGpu emulatedGpu(long mostBytes, Generation generation) {
    assumeTrue(EmulatedGpu.isPossible(), "no C++ compiler: kernels are not emulated");
    return new EmulatedGpu(mostBytes, generation);
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
