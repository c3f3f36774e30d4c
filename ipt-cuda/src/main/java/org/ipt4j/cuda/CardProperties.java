package org.ipt4j.cuda;

import com.sun.jna.Native;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import java.util.Locale;

/**
 * What the driver says of a card.
 *
 * @param device the driver's handle
 * @param major and {@code minor}: the compute capability
 * @param bytes of memory
 * @param sharedBytes of shared memory that a block can have
 */
record CardProperties(int device, String name, int major, int minor, long bytes, int sharedBytes) {
  /**
   * Of a card that exists.
   *
   * @param number from 0
   */
  static CardProperties of(int number) {
    IntByReference device = new IntByReference();
    Driver.check(Driver.cuDeviceGet(device, number), "cuDeviceGet");
    byte[] name = new byte[256];
    Driver.check(Driver.cuDeviceGetName(name, name.length, device.getValue()), "cuDeviceGetName");
    LongByReference bytes = new LongByReference();
    Driver.check(Driver.cuDeviceTotalMem_v2(bytes, device.getValue()), "cuDeviceTotalMem");
    return new CardProperties(
        device.getValue(),
        Native.toString(name),
        Driver.deviceAttribute(Driver.DEVICE_COMPUTE_CAPABILITY_MAJOR, device.getValue()),
        Driver.deviceAttribute(Driver.DEVICE_COMPUTE_CAPABILITY_MINOR, device.getValue()),
        bytes.getValue(),
        Driver.deviceAttribute(Driver.DEVICE_SHARED_PER_BLOCK_OPTIN, device.getValue()));
  }

  /**
   * Checks that the kernels run on it.
   *
   * @throws CudaUnavailableException if it is too old
   */
  void check() {
    if (major < 7 || major == 7 && minor < 5) {
      throw new CudaUnavailableException(
          "expected a card of compute capability 7.5 or higher (Turing, GeForce 16), " + found());
    }
  }

  /** Whether it has tensor cores for TF32 and bfloat16, which came with Ampere. */
  boolean rounds() {
    return major >= 8;
  }

  /**
   * What it computes in when asked for this: float32 instead of TF32 if it has no tensor cores for
   * it.
   *
   * @throws CudaUnavailableException if it has none for bfloat16
   */
  Arithmetic arithmetic(Arithmetic asked) {
    if (rounds()) {
      return asked;
    }
    if (asked == Arithmetic.BF16) {
      throw new CudaUnavailableException(
          "expected a card of compute capability 8.0 or higher (Ampere, GeForce 30) for bf16, "
              + found()
              + "; it computes in float32");
    }
    return Arithmetic.FLOAT32;
  }

  private String found() {
    return String.format(Locale.ROOT, "found %s with %d.%d", name, major, minor);
  }
}
